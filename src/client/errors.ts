import type { Task } from "./types.ts";

/** The server answered with an error. The message is that of the server. */
export class TaskscribeError extends Error {
  override readonly name = "TaskscribeError";
  /** For example `TaskNotFound`; see docs/errors.md. Errors of authentication have the codes of Alibaba Cloud. */
  readonly code: string;
  /** The status of the HTTP answer. */
  readonly status: number;
  /** The id of the request in the log of the server. */
  readonly requestId: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The values in the message as data, e.g. `{parameter, found, expected}`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** How long the client should wait before the next request, if the server said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: Omit<TaskscribeError, "name" | "message" | "stack" | "cause">,
  ) {
    super(message);
    this.code = details.code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryable = details.retryable;
    this.facts = details.facts;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** There was no answer: no server listens there, the connection was lost, or the time ran out. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code = "ConnectionFailed";
  readonly endpoint: string;

  constructor(endpoint: string, reason: string, options?: { cause?: unknown }) {
    super(`${endpoint} could not be reached: ${reason}`, options);
    this.endpoint = endpoint;
  }
}

/** The time for the wait ran out before the task had ended. The task continues, and the caller can wait again. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
  readonly code = "WaitTimeout";
  /** The task as it was last seen. */
  readonly task: Task;

  constructor(task: Task, waitedMs: number) {
    super(`task ${task.id} is still ${task.state} after ${waitedMs} ms; it continues; wait again`);
    this.task = task;
  }
}
