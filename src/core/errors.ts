import type { JsonObject } from "./json.ts";

/**
 * All error codes of the core. They are independent of HTTP and of vendors: each dialect maps all of them in its
 * `errors.ts`. `caller`: the caller can correct it. `retryable`: the same call may succeed later.
 */
export const DOMAIN_ERRORS = {
  AccountMismatch: { caller: true, retryable: false },
  CursorOutdated: { caller: true, retryable: false },
  InvalidParameter: { caller: true, retryable: false },
  MissingParameter: { caller: true, retryable: false },
  OperationUnsupported: { caller: true, retryable: false },
  QuestionNotOpen: { caller: true, retryable: false },
  ResourceBusy: { caller: true, retryable: true },
  ResourceExists: { caller: true, retryable: false },
  ResourceNotFound: { caller: true, retryable: false },
  ResourceTypeNotFound: { caller: true, retryable: false },
  StepNotRunning: { caller: true, retryable: false },
  StoreUnavailable: { caller: false, retryable: true },
  TaskEnded: { caller: true, retryable: false },
  TaskNotCancelable: { caller: true, retryable: false },
  TaskNotFound: { caller: true, retryable: false },
  TaskNotPausable: { caller: true, retryable: false },
  TaskNotResumable: { caller: true, retryable: false },
  TaskTypeNotFound: { caller: true, retryable: false },
  TokenMismatch: { caller: true, retryable: false },
  UnexpectedState: { caller: false, retryable: false },
} as const satisfies Record<string, { caller: boolean; retryable: boolean }>;

export type DomainErrorCode = keyof typeof DOMAIN_ERRORS;

/** A refusal in our own words: what was found, what was expected, what to do. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly code: DomainErrorCode;
  /** Facts that a dialect needs for its own message, e.g. `{taskId}`, `{parameter, found, expected}`. */
  readonly facts: JsonObject;

  constructor(
    code: DomainErrorCode,
    message: string,
    facts: JsonObject = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.facts = facts;
  }

  get retryable(): boolean {
    return DOMAIN_ERRORS[this.code].retryable;
  }
}

/**
 * Whether the store could not be reached or written, so that the same may succeed later. What is damaged in it (the fact
 * `damaged`) is so the next time, too.
 */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  return error.code === "StoreUnavailable" && !isDamage(error);
}

/** Whether the store could be read, but holds something else there than what was written. */
export function isDamage(error: unknown): boolean {
  return error instanceof DomainError && error.facts["damaged"] !== undefined;
}

/** A step handler throws it to end its task at once, even if attempts are left. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Makes a switch exhaustive at compile time; reached only by data that no type describes. */
export function unreachable(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
