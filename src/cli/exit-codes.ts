import { ConnectionError, type Task, TaskscribeError } from "../client/index.ts";
import { ConfigError } from "../config/config-error.ts";
import { DomainError } from "../core/errors.ts";

/** The exit codes of task commands. docs/cli.md has the same table. */
export const EXIT = {
  done: 0,
  /** The server could not be reached, or something else went wrong. */
  error: 1,
  failed: 2,
  canceled: 3,
  expired: 4,
  stillOpen: 5,
  notFound: 6,
  refused: 7,
  /** Ctrl-C; the usual code of shells for it. */
  interrupted: 130,
  /** The reader of the output left before the exit code was known; the usual code of shells for SIGPIPE. */
  readerLeft: 141,
} as const;

/** The code for how a task ended, or for an open task. */
export function exitOfTask({ state }: Pick<Task, "state">): number {
  switch (state) {
    case "succeeded":
      return EXIT.done;
    case "failed":
    case "canceled":
    case "expired":
      return EXIT[state];
    default:
      return EXIT.stillOpen;
  }
}

export function exitOfError(error: unknown): number {
  if (error instanceof ExitError) return error.exitCode;
  if (error instanceof TaskscribeError) {
    if (/^(Task|Resource)NotFound$/.test(error.code)) return EXIT.notFound;
    return error.status >= 500 || error.status < 400 ? EXIT.error : EXIT.refused;
  }
  if (error instanceof ConnectionError) return EXIT.error;
  if (error instanceof ConfigError || error instanceof DomainError) return EXIT.refused;
  return EXIT.error;
}

/** The most serious code first. */
const BY_SERIOUSNESS = [
  EXIT.refused,
  EXIT.notFound,
  EXIT.error,
  EXIT.failed,
  EXIT.expired,
  EXIT.canceled,
  EXIT.stillOpen,
  EXIT.done,
];

export function mostSerious(codes: readonly number[]): number {
  return BY_SERIOUSNESS.find((code) => codes.includes(code)) ?? EXIT.done;
}

/** Ends the command with this code, and with a message if there is one. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly exitCode: number;

  constructor(exitCode: number, message = "") {
    super(message);
    this.exitCode = exitCode;
  }
}
