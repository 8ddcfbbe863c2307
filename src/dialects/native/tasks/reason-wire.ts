import type { Task } from "../../../core/task.ts";
import type { Diagnosis, Reason } from "../../../engine/health.ts";
import type { Caller, TaskService } from "../../../engine/task-service.ts";
import { redact } from "../../../redact.ts";
import { mayRead } from "../../../task-rights.ts";
import { utcMillis } from "../../timestamps.ts";
import { isNotFound } from "../rights.ts";
import { healthFields } from "../wire.ts";

/** The fields of a reason that hold a moment. */
const MOMENTS: readonly string[] = ["at", "until", "since", "deadline", "lastSignAt", "nextAt"];

type Words = {
  readonly [Code in Reason["code"]]: (reason: Extract<Reason, { code: Code }>) => string;
};

const WORDS: Words = {
  "key-held": ({ key, by, ahead }) =>
    `${by === undefined ? "another task" : `task ${by}`} holds the key ${key}${ahead > 1 ? `, and ${ahead - 1} more wait before this one` : ""}`,
  "no-free-slot": ({ running, limit }) =>
    `${running} tasks run, which is the limit of ${limit}; accounts take turns`,
  "type-limit": ({ type, running, limit }) =>
    `${running} tasks of type ${type} run, and the limit is ${limit}; accounts take turns`,
  "account-limit": ({ running, limit }) =>
    `${running} tasks of its account run, and the limit is ${limit} for one account`,
  "rate-limit": ({ per, starts, perMs, nextAt }) =>
    `no more than ${starts} of its ${per} start in ${perMs} ms; the next may at ${utcMillis(nextAt)}`,
  "memory-full": ({ heldBytes, limitBytes }) =>
    `the tasks at work hold ${heldBytes} bytes, which fills the memory for open tasks of ${limitBytes} bytes; it goes on when one of them ends`,
  "no-handler": ({ type }) => `nothing here can run tasks of type ${type}`,
  delayed: ({ until }) => `it was told to start no sooner than ${utcMillis(until)}`,
  "waiting-for-retry": ({ step, at, attempt, maxAttempts, lastError }) =>
    `step ${step} is tried again at ${utcMillis(at)}, attempt ${attempt} of ${maxAttempts}${lastError ? `, after ${lastError.code}: ${lastError.message}` : ""}`,
  paused: ({ by, reason, since }) => `${by} paused it at ${utcMillis(since)}: ${reason}`,
  canceling: ({ by, reason, deadline, steps }) =>
    `${by} canceled it: ${reason}; ${steps.join(", ") || "nothing"} still runs, given up at ${utcMillis(deadline)}`,
  "waiting-for-subtasks": ({ step, subtasks }) => `step ${step} waits for ${subtasks.join(", ")}`,
  "awaiting-approval": ({ step, question, number }) =>
    `step ${step} waits for an answer to question ${number}: ${question}`,
  "silent-step": ({ step, lastSignAt }) =>
    `step ${step} has given no sign since ${utcMillis(lastSignAt)}`,
  undoing: ({ as, steps }) => `it ends ${as} when ${steps.join(", ")} has been undone`,
  slow: ({ runningMs, usualMs }) =>
    `it runs for ${runningMs} ms; 95 of 100 of its type take at most ${usualMs} ms`,
  "start-deadline": ({ at }) => `it expires unless it has started by ${utcMillis(at)}`,
  "finish-deadline": ({ at }) => `it expires unless it has ended by ${utcMillis(at)}`,
};

/** The reasons as this caller may see them: a task that it may not read is not named. */
export async function reasonsFor(
  service: TaskService,
  { account, rights }: Caller,
  reasons: readonly Reason[],
): Promise<readonly Reason[]> {
  if (rights === undefined) return reasons;
  const shown = reasons.map(async (reason) => {
    if (reason.code !== "key-held" || reason.by === undefined) return reason;
    const holder = await service.get(account, reason.by).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    const { by: _, ...nameless } = reason;
    return holder !== undefined && mayRead(rights, holder) ? reason : nameless;
  });
  return Promise.all(shown);
}

/** The answer of `why`, as data and as text. */
export function whyBody(task: Task, diagnosis: Diagnosis) {
  return {
    taskId: task.id,
    state: task.state,
    ...healthFields(diagnosis),
    reasons: redact(diagnosis.reasons).map(reasonBody),
  };
}

function reasonBody(reason: Reason) {
  const { code, ...facts } = reason;
  const shown = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, MOMENTS.includes(name) ? utcMillis(Number(value)) : value]);
  const words = WORDS[code] as (reason: Reason) => string;
  return { code, text: words(reason), ...Object.fromEntries(shown) };
}
