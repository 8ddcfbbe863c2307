import type { Clock } from "../clock.ts";
import { numberOf, openApproval } from "../core/approvals.ts";
import { isFinal, type Step, type Task, type TaskError, type Undo } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import type { Durations } from "./durations.ts";
import type { Executor, Observation } from "./executor.ts";

/**
 * How an open task is doing, apart from its state. moving: all is well · retrying: a step failed and is tried again ·
 * slow: it runs longer than most of its type · blocked: it waits for something else · held: somebody, or its own
 * delay, holds it · silent: a running step has not been heard of for too long.
 */
export const HEALTHS = ["moving", "retrying", "slow", "blocked", "held", "silent"] as const;
export type Health = (typeof HEALTHS)[number];

/** Why a task does not move, as data. Moments are ms since the epoch. */
export type Reason =
  | {
      readonly code: "key-held";
      readonly key: string;
      /** The task that holds it; absent for who may not read that task. */
      readonly by?: string;
      readonly ahead: number;
    }
  | { readonly code: "no-free-slot"; readonly running: number; readonly limit: number }
  | {
      readonly code: "type-limit";
      readonly type: string;
      readonly running: number;
      readonly limit: number;
    }
  | { readonly code: "account-limit"; readonly running: number; readonly limit: number }
  | {
      readonly code: "rate-limit";
      /** Starts of the type, or of the type with this task's key. */
      readonly per: "type" | "key";
      readonly starts: number;
      readonly perMs: number;
      readonly nextAt: number;
    }
  /** The tasks at work fill the memory for open tasks; in bytes of their rows. */
  | { readonly code: "memory-full"; readonly heldBytes: number; readonly limitBytes: number }
  | { readonly code: "no-handler"; readonly type: string }
  | { readonly code: "delayed"; readonly until: number }
  | {
      readonly code: "waiting-for-retry";
      readonly step: string;
      readonly at: number;
      /** The attempt that comes next, of how many that may fail. */
      readonly attempt: number;
      readonly maxAttempts: number;
      readonly lastError: TaskError | undefined;
    }
  | {
      readonly code: "paused";
      readonly by: string;
      readonly reason: string;
      readonly since: number;
    }
  | {
      readonly code: "canceling";
      readonly by: string;
      readonly reason: string;
      readonly deadline: number;
      readonly steps: readonly string[];
    }
  | {
      readonly code: "waiting-for-subtasks";
      readonly step: string;
      readonly subtasks: readonly string[];
    }
  | {
      readonly code: "silent-step";
      readonly step: string;
      readonly attempt: number;
      readonly lastSignAt: number;
    }
  | {
      readonly code: "awaiting-approval";
      readonly step: string;
      readonly question: string;
      readonly number: number;
      readonly since: number;
    }
  | {
      readonly code: "undoing";
      /** How the task will end. */
      readonly as: "failed" | "canceled" | "expired";
      readonly since: number;
      readonly error: TaskError | undefined;
      readonly steps: readonly string[];
    }
  | { readonly code: "slow"; readonly runningMs: number; readonly usualMs: number }
  | { readonly code: "start-deadline"; readonly at: number }
  | { readonly code: "finish-deadline"; readonly at: number };

export interface Diagnosis {
  /** Absent once the task has ended. */
  readonly health: Health | undefined;
  /** Failed attempts so far, over all steps. */
  readonly retries: number;
  /** The most telling first. */
  readonly reasons: readonly Reason[];
}

interface Circumstances {
  readonly now: number;
  readonly hasHandler: boolean;
  readonly observation: Observation | undefined;
  /** The 95th percentile of its type, in ms, if it is known. */
  readonly usualMs: number | undefined;
  /** A running step that gave no sign for this long is silent, in ms. */
  readonly silentAfterMs: number;
}

/** Pure: why the task stands where it stands, from its state and what the executor sees. */
function diagnose(task: Task, around: Circumstances): Diagnosis {
  const retries = task.steps.reduce((sum, step) => sum + step.failures, 0);
  if (isFinal(task.state)) return { health: undefined, retries, reasons: [] };
  const found = task.state === "pending" ? pending(task, around) : begun(task, around);
  const reasons = [...found, ...deadlines(task)];
  return { health: healthOf(task, found), retries, reasons };
}

const HEALTH_OF_REASON = {
  "key-held": "blocked",
  "no-free-slot": "blocked",
  "type-limit": "blocked",
  "account-limit": "blocked",
  "rate-limit": "blocked",
  "memory-full": "blocked",
  "no-handler": "blocked",
  delayed: "held",
  "waiting-for-retry": "retrying",
  paused: "held",
  canceling: "moving",
  "waiting-for-subtasks": "moving",
  "silent-step": "silent",
  "awaiting-approval": "held",
  undoing: "moving",
  slow: "slow",
  "start-deadline": "moving",
  "finish-deadline": "moving",
} as const satisfies Record<Reason["code"], Health>;

function healthOf(task: Task, reasons: readonly Reason[]): Health {
  const telling = reasons.map(({ code }) => HEALTH_OF_REASON[code]).find((one) => one !== "moving");
  if (telling !== undefined) return telling;
  const again = task.steps.some((step) => step.state === "running" && step.failures > 0);
  return again ? "retrying" : "moving";
}

function pending(task: Task, { now, hasHandler, observation }: Circumstances): Reason[] {
  if (task.held !== undefined) {
    const { by, reason, at: since } = task.held;
    return [{ code: "paused", by, reason, since }];
  }
  if (!hasHandler) return [{ code: "no-handler", type: task.type }];
  const delayMs = observation?.delayMs ?? (task.notBefore ?? now) - now;
  if (delayMs > 0) return [{ code: "delayed", until: Math.round(now + delayMs) }];
  if (observation === undefined) return [];
  const { key, slots, memory, ofType, ofAccount, rate } = observation.standing;
  const reasons: Reason[] = [];
  if (key !== undefined) {
    reasons.push({ code: "key-held", key: task.concurrencyKey ?? "", ...key });
  }
  if (ofType !== undefined && ofType.running >= ofType.limit) {
    reasons.push({ code: "type-limit", type: task.type, ...ofType });
  }
  if (ofAccount !== undefined) reasons.push({ code: "account-limit", ...ofAccount });
  if (rate !== undefined) reasons.push({ code: "rate-limit", ...rate });
  if (slots !== undefined && slots.running >= slots.limit)
    reasons.push({ code: "no-free-slot", ...slots });
  if (memory !== undefined) reasons.push(memoryFull(memory));
  return reasons;
}

function memoryFull({ held, budget }: NonNullable<Observation["standing"]["memory"]>): Reason {
  return { code: "memory-full", heldBytes: held, limitBytes: budget };
}

function begun(task: Task, around: Circumstances): Reason[] {
  const reasons: Reason[] = [];
  if (task.paused) {
    const { by, reason, at } = task.paused;
    reasons.push({ code: "paused", by, reason, since: at });
  }
  if (task.ending) {
    const { as, at: since, error } = task.ending;
    const left = task.steps.filter(({ undo }) => undo && !isOver(undo));
    const steps = left.map((step) => step.name);
    reasons.push({ code: "undoing", as, since, error, steps });
  }
  if (!around.hasHandler) reasons.push({ code: "no-handler", type: task.type });
  if (task.state === "canceling" && task.cancel && !task.ending) {
    const { by, reason, deadline } = task.cancel;
    const steps = task.steps.filter((step) => step.state === "running").map((step) => step.name);
    reasons.push({ code: "canceling", by, reason, deadline, steps });
  }
  for (const step of task.steps) reasons.push(...ofStep(step, around));
  const memory = around.observation?.standing.memory;
  if (memory !== undefined && around.observation?.runs.length === 0) {
    // No attempt waits for subtasks while none runs: the log only says that one did, before the start.
    const others = reasons.filter(({ code }) => code !== "waiting-for-subtasks");
    if (others.every((one) => explainsNothing(one, around.now))) {
      reasons.unshift(memoryFull(memory));
    }
  }
  const runningMs = around.now - (task.startedAt ?? around.now);
  if (around.usualMs !== undefined && runningMs > around.usualMs) {
    reasons.push({ code: "slow", runningMs, usualMs: around.usualMs });
  }
  return reasons;
}

/** Why a task waits although nobody is at work on it: a retry whose moment has come is no reason. */
function explainsNothing(reason: Reason, now: number): boolean {
  if (reason.code === "waiting-for-retry") return reason.at <= now;
  return ["silent-step", "undoing", "canceling"].includes(reason.code);
}

function ofStep(step: Step, { now, observation, silentAfterMs }: Circumstances): Reason[] {
  const asked = step.endedAt === undefined ? openApproval(step) : undefined;
  if (asked !== undefined) {
    const { question, askedAt: since } = asked;
    const number = numberOf(asked, step.approvals?.indexOf(asked) ?? 0);
    return [{ code: "awaiting-approval", step: step.name, question, number, since }];
  }
  const work = step.undo ?? step;
  if (work.state === "retrying" && work.retryAt !== undefined) {
    return [
      {
        code: "waiting-for-retry",
        step: step.name,
        at: work.retryAt,
        attempt: work.failures + 1,
        maxAttempts: step.maxAttempts,
        lastError: work.error,
      },
    ];
  }
  if (work.state !== "running") return [];
  const subtasks = (step.subtasks ?? []).filter((one) => !isFinal(one.state)).map((one) => one.id);
  if (subtasks.length > 0) return [{ code: "waiting-for-subtasks", step: step.name, subtasks }];
  if (observation === undefined) return [];
  // Nobody at work on it: its end is not written yet, or something went wrong.
  const nobody = {
    attempt: work.attempt,
    lastSignAt: step.startedAt ?? now,
    heartbeatMs: undefined,
  };
  const run = observation.runs.find((one) => one.step === step.name) ?? nobody;
  const { attempt, lastSignAt } = run;
  if (now - lastSignAt < (run.heartbeatMs ?? silentAfterMs)) return [];
  return [{ code: "silent-step", step: step.name, attempt, lastSignAt }];
}

function isOver({ state }: Undo): boolean {
  return state === "done" || state === "failed";
}

function deadlines(task: Task): Reason[] {
  const reasons: Reason[] = [];
  if (task.state === "pending" && task.startBy !== undefined) {
    reasons.push({ code: "start-deadline", at: task.startBy });
  }
  if (task.finishBy !== undefined && !task.ending)
    reasons.push({ code: "finish-deadline", at: task.finishBy });
  return reasons;
}

interface DiagnosesOptions {
  readonly clock: Pick<Clock, "now">;
  readonly executor: () => Executor;
  readonly durations: Durations;
  readonly typeOf: (task: Task) => TaskType | undefined;
  readonly silentAfterMs: number;
}

/** How tasks are doing, by what the executor sees of them now. */
export class Diagnoses {
  readonly #options: DiagnosesOptions;

  constructor(options: DiagnosesOptions) {
    this.#options = options;
  }

  async of(task: Task): Promise<Diagnosis> {
    const observed = isFinal(task.state) ? undefined : await this.#executor.observe(task);
    return this.#by(task, observed);
  }

  /** Without what an executor has to ask another process for. */
  atOnce(task: Task): Diagnosis {
    const observed = isFinal(task.state) ? undefined : this.#executor.observe(task);
    if (!(observed instanceof Promise)) return this.#by(task, observed);
    observed.catch(() => undefined);
    return this.#by(task, undefined);
  }

  get #executor(): Executor {
    return this.#options.executor();
  }

  #by(task: Task, observation: Observation | undefined): Diagnosis {
    const { clock, durations, typeOf, silentAfterMs } = this.#options;
    return diagnose(task, {
      now: clock.now(),
      hasHandler: typeOf(task) !== undefined,
      observation,
      usualMs: durations.p95(task),
      silentAfterMs,
    });
  }
}
