import type { Log } from "../log.ts";
import type { AnswerListener } from "./access-port.ts";
import type { Exchange } from "./exchange.ts";

/** What a line says about a request. */
export interface RequestLine {
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

/** `problems`: requests that failed here or were slow. A share in (0, 1]: that part of the others as well. */
export type RequestLogMode = "off" | "problems" | "all" | number;

export interface RequestLogOptions {
  readonly mode: RequestLogMode;
  /** Takes the problems, at once. */
  readonly log: Log;
  /** Takes the others, and may write them later. */
  readonly line: (facts: RequestLine) => void;
  /** The task that a request started, if it started one. */
  readonly startedBy: (requestId: string) => string | undefined;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Longer than any request takes that does not wait for something. */
const SLOW_MS = 1_000;
/** Longer than any action of the vendor's; a caller may send anything. */
const LONGEST_ACTION = 80;
/** The names that the dialects have for the task's id in path, query and form. */
const TASK_PARAMETERS = ["task_id", "TaskId", "taskId", "id"];
/** What a task's id can look like; anything else that a caller sends instead is not written down. */
const TASK_ID = /^(?:[A-Za-z]{1,8}-)?[\w-]{1,48}$/;

/** Writes one line for each request; undefined: no lines at all. No header, body or query is ever in a line. */
export function requestLog(options: RequestLogOptions): AnswerListener | undefined {
  const { mode, log, line, startedBy, random } = options;
  if (mode === "off") return undefined;
  const share = mode === "problems" ? 0 : mode === "all" ? 1 : mode;
  return (call, { status, problem }, ms) => {
    const slow = ms >= SLOW_MS && !call.held;
    if (status < 500 && !slow && (share === 0 || random() >= share)) return;
    const facts: RequestLine = {
      requestId: call.requestId,
      taskId: startedBy(call.requestId) ?? taskNamed(call),
      dialect: call.recognised ? call.dialect.name : undefined,
      action: call.action.slice(0, LONGEST_ACTION) || undefined,
      account: call.caller?.account || undefined,
      status,
      code: problem?.code,
      ms: Math.round(ms * 100) / 100,
    };
    if (status >= 500) log.warn(facts, "a request failed here");
    else if (slow) log.warn(facts, "a request was slow");
    else line(facts);
  };
}

function taskNamed(call: Exchange): string | undefined {
  if (call.dialect.name === "access") return undefined;
  for (const name of TASK_PARAMETERS) {
    const found = call.value(name);
    if (found !== undefined && TASK_ID.test(found)) return found;
  }
  return undefined;
}
