import type { Json, JsonObject } from "../../core/json.ts";

/**
 * Task types may be plain JavaScript, so a handler can pass any value. These functions check the value at once, in the
 * step that passed it, because a wrong one would make the whole report impossible to write. All of them throw
 * TypeError, which says what was found and what is expected.
 */
export function checkText(what: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrong(what, value, "a text");
}

export function checkName(what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(what, value, "a text that is not empty");
}

export function checkNumber(what: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw wrong(what, value, "a number");
}

/** A length of time in ms. NaN is refused: the step would wait for ever. */
export function checkSpan(what: string, value: unknown): number {
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw wrong(what, value, "a number of milliseconds");
}

export function checkOneOf<T extends string>(what: string, value: unknown, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw wrong(what, value, `one of ${words.join(", ")}`);
}

export function checkObject(what: string, value: unknown): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return checkJson(what, value) as JsonObject;
  }
  throw wrong(what, value, "an object");
}

/** The value as the store would return it: a copy, so that the handler can go on changing its own. */
export function checkJson(what: string, value: unknown): Json {
  if (isPlain(value)) return value;
  let written: string | undefined;
  try {
    written = JSON.stringify(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : "";
    throw new TypeError(`${what} cannot be written as JSON (${reason}); give plain data`);
  }
  if (written === undefined) throw wrong(what, value, "what JSON knows");
  return JSON.parse(written) as Json;
}

/** A copy that a handler can change freely: the original belongs to the task. */
export function copyOf(value: JsonObject): JsonObject {
  for (const _ in value) return JSON.parse(JSON.stringify(value)) as JsonObject;
  return {};
}

function isPlain(value: unknown): value is string | boolean | number | null {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

function wrong(what: string, found: unknown, expected: string): TypeError {
  return new TypeError(`${what} is ${described(found)}; give ${expected}`);
}

function described(value: unknown): string {
  if (value === undefined || value === null || typeof value === "number") return String(value);
  if (typeof value === "string") return value === "" ? "an empty text" : `"${value.slice(0, 40)}"`;
  if (Array.isArray(value)) return "a list";
  return `of type ${typeof value}`;
}
