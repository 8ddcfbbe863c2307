import type { Log } from "../log.ts";
import type { IncomingCall, Told } from "./identify.ts";

/** What a line says of a request. */
export interface RequestFacts {
  readonly requestId: string;
  /** The task that it names or starts. */
  readonly taskId: string | undefined;
  readonly dialect: string | undefined;
  readonly action: string | undefined;
  readonly account: string | undefined;
  readonly status: number;
  readonly code: string | undefined;
  readonly ms: number;
}

/** `problems`: what failed here or was slow. A share: that part of the others too. */
export type RequestLogMode = "off" | "problems" | "all" | number;

export interface RequestLogOptions {
  readonly mode: RequestLogMode;
  /** For problems: at once. */
  readonly log: Log;
  /** For the others: may be late. */
  readonly line: (facts: RequestFacts) => void;
  /** The task that a request started, if it did. */
  readonly startedBy: (requestId: string) => string | undefined;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Longer than anything that is not waiting for somebody. */
const SLOW_MS = 1_000;
/** Longer than any of the vendor's; who asks may say anything. */
const LONGEST_ACTION = 80;
/** How the dialects call the task in path, query and form. */
const TASK_PARAMETERS = ["task_id", "TaskId", "taskId", "id"];
/** What a task's id can look like; what a caller sends in its place is not written down. */
const TASK_ID = /^(?:[A-Za-z]{1,8}-)?[\w-]{1,48}$/;

/** One line a request; undefined: none at all. No header, no body, no query is ever in it. */
export function requestLog(options: RequestLogOptions): Told | undefined {
  const { mode, log, line, startedBy, random } = options;
  if (mode === "off") return undefined;
  const share = mode === "problems" ? 0 : mode === "all" ? 1 : mode;
  return (call, caller, { status, problem }, ms) => {
    const slow = ms >= SLOW_MS && !call.held;
    if (status < 500 && !slow && (share === 0 || random() >= share)) return;
    const facts: RequestFacts = {
      requestId: call.requestId,
      taskId: startedBy(call.requestId) ?? taskNamed(call),
      dialect: call.recognised ? call.dialect : undefined,
      action: call.action.slice(0, LONGEST_ACTION) || undefined,
      account: caller?.account || undefined,
      status,
      code: problem?.code,
      ms: Math.round(ms * 100) / 100,
    };
    if (status >= 500) log.warn(facts, "a request failed here");
    else if (slow) log.warn(facts, "a request was slow");
    else line(facts);
  };
}

function taskNamed(call: IncomingCall): string | undefined {
  if (call.dialect === "access") return undefined;
  for (const name of TASK_PARAMETERS) {
    const found = call.value(name);
    if (found !== undefined && TASK_ID.test(found)) return found;
  }
  return undefined;
}
