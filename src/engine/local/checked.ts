import type { Json, JsonObject } from "../../core/json.ts";

/**
 * Task types need not be compiled, so a handler may give anything. Here it is told at once, in the step that did it:
 * later nothing of the report could be written. All of these throw TypeError, naming what was found.
 */
export function text(what: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrong(what, value, "a text");
}

export function name(what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(what, value, "a text that is not empty");
}

export function number(what: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw wrong(what, value, "a number");
}

/** NaN is no moment, and would wait for ever. */
export function span(what: string, value: unknown): number {
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw wrong(what, value, "a number of milliseconds");
}

export function oneOf<T extends string>(what: string, value: unknown, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw wrong(what, value, `one of ${words.join(", ")}`);
}

export function object(what: string, value: unknown): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return json(what, value) as JsonObject;
  }
  throw wrong(what, value, "an object");
}

/** What the store would give back: a copy, so that the handler may go on with its own. */
export function json(what: string, value: unknown): Json {
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

/** For a handler to do with as it likes: what it was given is the task's. */
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
