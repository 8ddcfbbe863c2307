import type { Json, JsonObject } from "../../core/json.ts";
import { flawOfName } from "../../core/values/check-draft.ts";
import { flawInValue, type JsonFlaw } from "../../core/values/json-flaws.ts";
import { soundText } from "../../core/values/text.ts";

/**
 * Task types may be plain JavaScript, so a handler can pass any value. These functions check the value at once, in the
 * step that passed it, because a wrong one would make the whole report impossible to write. All of them throw
 * TypeError, which says what was found and what is expected.
 */

/** A text for people: a character that cannot be kept becomes U+FFFD. */
export function checkText(what: string, value: unknown): string {
  if (typeof value === "string") return soundText(value);
  throw wrong(what, value, "a text");
}

/** A text for people that says something. */
export function checkFilledText(what: string, value: unknown): string {
  if (value === "") throw wrong(what, value, "a text that is not empty");
  return checkText(what, value);
}

/** A text by which something is found again: what cannot be kept is refused. */
export function checkName(what: string, value: unknown): string {
  if (typeof value !== "string" || value === "")
    throw wrong(what, value, "a text that is not empty");
  const flaw = flawOfName(value, what);
  if (flaw !== undefined) throw flawed(flaw);
  return value;
}

export function checkNumber(what: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw wrong(what, value, "a number");
}

export function checkCount(what: string, count: number, most: number): void {
  if (count > most) throw new TypeError(`${what} are ${count}; give at most ${most}`);
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

/**
 * The value as the store would return it: a copy, so that the handler can go on changing its own. What JSON would write
 * as something else, such as NaN, is refused with its path.
 */
export function checkJson(what: string, value: unknown): Json {
  if (isPlain(value)) return value;
  const copy = copied(what, value);
  const flaw = lostNumber(value, what, copy) ?? flawInValue(copy, what);
  if (flaw !== undefined) throw flawed(flaw);
  return copy;
}

function copied(what: string, value: unknown): Json {
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

function isPlain(value: unknown): value is boolean | number | null {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "boolean" || value === null;
}

/** A number for which JSON writes null. Only where the copy has a null can the value have one. */
function lostNumber(value: unknown, path: string, copy: unknown): JsonFlaw | undefined {
  if (copy === null) {
    const number = value instanceof Number ? value.valueOf() : value;
    return typeof number === "number" ? flawInValue(number, path) : undefined;
  }
  if (typeof copy !== "object") return undefined;
  const source = asWritten(value);
  for (const [name, entry] of Object.entries(copy)) {
    const inside = Object.hasOwn(source, name) ? source[name] : undefined;
    const flaw = lostNumber(inside, `${path}.${name}`, entry);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** What JSON.stringify takes the members from. */
function asWritten(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return {};
  const { toJSON } = value as { toJSON?: unknown };
  const written: unknown = typeof toJSON === "function" ? toJSON.call(value, "") : value;
  return typeof written === "object" && written !== null
    ? (written as Readonly<Record<string, unknown>>)
    : {};
}

function flawed({ path, found, expected }: JsonFlaw): TypeError {
  return new TypeError(`${path} is ${found}; give ${expected}`);
}

function wrong(what: string, found: unknown, expected: string): TypeError {
  return new TypeError(`${what} is ${described(found)}; give ${expected}`);
}

function described(value: unknown): string {
  if (value === undefined || value === null || typeof value === "number") return String(value);
  if (typeof value === "string")
    return value === "" ? "an empty text" : `"${soundText(value.slice(0, 40))}"`;
  if (Array.isArray(value)) return "a list";
  return `of type ${typeof value}`;
}
