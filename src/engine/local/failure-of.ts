import type { StepFailure } from "../../core/commands.ts";
import { DomainError, isStoreAway, TerminalError } from "../../core/errors.ts";

/** Turns what a handler threw, which can be any value, into a failure for the core. Never throws. */
export function failureOf(thrown: unknown): StepFailure {
  const given = field(thrown, "code");
  const terminal = thrown instanceof TerminalError;
  const cause = field(thrown, "cause");
  return {
    code: typeof given === "string" ? given : kindOf(thrown, terminal),
    message: textOf(field(thrown, "message") ?? (thrown instanceof Error ? "" : thrown)),
    terminal,
    ...(cause !== undefined && { cause: withKind(cause) }),
  };
}

function kindOf(thrown: unknown, terminal: boolean): string {
  // The core fills in a code where it is empty.
  if (terminal) return "";
  const name = thrown instanceof Error ? field(thrown, "name") : undefined;
  return typeof name === "string" ? name : "Error";
}

function withKind(cause: unknown): string {
  if (!(cause instanceof Error)) return textOf(cause);
  return `${textOf(field(cause, "name"))}: ${textOf(field(cause, "message"))}`;
}

/** A field of a value that may be no object, or whose getter may throw. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  try {
    if (typeof value !== "object" || value === null) return String(value);
    return JSON.stringify(value) ?? "";
  } catch {
    return "something that cannot be read; throw an Error with a message";
  }
}

/** late: the core has given the attempt up, and its report is dropped. */
export function whyRefused(error: unknown): "away" | "late" | "unwritable" {
  if (isStoreAway(error)) return "away";
  const code = error instanceof DomainError ? error.code : undefined;
  return code === "TaskEnded" || code === "StepNotRunning" ? "late" : "unwritable";
}
