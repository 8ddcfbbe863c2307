import type { Task } from "./types.ts";

/** The server said no, in its own words. */
export class TaskscribeError extends Error {
  override readonly name = "TaskscribeError";
  /** e.g. `TaskNotFound`; see docs/errors.md. What the gateway refuses has the codes of Alibaba Cloud. */
  readonly code: string;
  /** Of the HTTP answer. */
  readonly status: number;
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** What the message speaks of, as data, e.g. `{parameter, found, expected}`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** How long the server wants to be left alone, if it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    told: Omit<TaskscribeError, "name" | "message" | "stack" | "cause">,
  ) {
    super(message);
    this.code = told.code;
    this.status = told.status;
    this.requestId = told.requestId;
    this.retryable = told.retryable;
    this.facts = told.facts;
    this.retryAfterMs = told.retryAfterMs;
  }
}

/** No answer came: nobody listens there, the connection was cut, or time ran out. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code = "ConnectionFailed";
  readonly endpoint: string;

  constructor(endpoint: string, reason: string, options?: { cause?: unknown }) {
    super(`${endpoint} could not be reached: ${reason}`, options);
    this.endpoint = endpoint;
  }
}

/** The wait ran out before the task had ended. The task lives on: wait again. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
  readonly code = "WaitTimeout";
  /** As it was told last. */
  readonly task: Task;

  constructor(task: Task, waitedMs: number) {
    super(`task ${task.id} is still ${task.state} after ${waitedMs} ms; it lives on, wait again`);
    this.task = task;
  }
}
