import { DomainError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { isObject } from "./simulation.ts";

/*
 * Readers of an operation's parameters. The dialect has checked the types before. These functions check what the
 * operation itself needs, and also read values as query strings and forms send them ("2", "true", JSON text).
 *
 * The functions named `optional…` return undefined if the parameter is absent, null or "".
 */

/** The longest part of a value that an error message shows, in characters. */
const MAX_SHOWN_CHARACTERS = 80;

export function invalidParameter(parameter: string, found: Json, expected: string): DomainError {
  const shown = JSON.stringify(found);
  const short =
    shown.length > MAX_SHOWN_CHARACTERS ? `${shown.slice(0, MAX_SHOWN_CHARACTERS - 3)}...` : shown;
  return new DomainError(
    "InvalidParameter",
    `parameter ${parameter} is ${short}; give ${expected}`,
    { parameter, found: short, expected },
  );
}

export function missingParameter(parameter: string, expected: string): DomainError {
  return new DomainError(
    "MissingParameter",
    `parameter ${parameter} is missing; give ${expected}`,
    {
      parameter,
      expected,
    },
  );
}

export function optionalText(parameters: JsonObject, name: string): string | undefined {
  const value = parameters[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return value;
  throw invalidParameter(name, value, "a string");
}

export function requiredText(parameters: JsonObject, name: string, expected = "a string"): string {
  const value = optionalText(parameters, name);
  if (value === undefined) throw missingParameter(name, expected);
  return value;
}

export function optionalChoice<Word extends string>(
  parameters: JsonObject,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = optionalText(parameters, name);
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw invalidParameter(name, value, `one of ${words.join(", ")}`);
  return word;
}

/** The whole numbers that are allowed, both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export function optionalInteger(
  parameters: JsonObject,
  name: string,
  range: Range,
): number | undefined {
  const found = parameters[name];
  if (found === undefined || found === null || found === "") return undefined;
  const value = typeof found === "string" ? Number(found) : found;
  if (
    typeof value !== "number" ||
    !Number.isInteger(value) ||
    value < range.min ||
    value > range.max
  ) {
    throw invalidParameter(name, found, `a whole number from ${range.min} to ${range.max}`);
  }
  return value;
}

export function optionalFlag(parameters: JsonObject, name: string): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (value === true || value === "true" || value === "True") return true;
  if (value === false || value === "false" || value === "False") return false;
  throw invalidParameter(name, value, "true or false");
}

/** The entries of a list. A list that is absent has no entries. */
export function valueList(parameters: JsonObject, name: string): readonly Json[] {
  const value = fromJsonText(parameters[name]);
  if (value === undefined || value === null || value === "") return [];
  if (Array.isArray(value)) return value;
  throw invalidParameter(name, value, "a list");
}

export function textList(parameters: JsonObject, name: string): readonly string[] {
  return valueList(parameters, name).map((entry) => {
    if (typeof entry === "string" && entry !== "") return entry;
    throw invalidParameter(name, entry, "a list of strings");
  });
}

export function requiredTextList(parameters: JsonObject, name: string): readonly string[] {
  const values = textList(parameters, name);
  if (values.length === 0) throw missingParameter(name, "a list with at least one entry");
  return values;
}

export function objectList(parameters: JsonObject, name: string): readonly JsonObject[] {
  return valueList(parameters, name).map((entry) => {
    if (isObject(entry)) return entry;
    throw invalidParameter(name, entry, "a list of objects");
  });
}

export function optionalObject(parameters: JsonObject, name: string): JsonObject | undefined {
  const value = fromJsonText(parameters[name]);
  if (value === undefined || value === null || value === "") return undefined;
  if (isObject(value)) return value;
  throw invalidParameter(name, value, "an object");
}

/** Lists and objects may come as JSON text. Any other value, and text that is no JSON, is returned unchanged. */
function fromJsonText(value: Json | undefined): Json | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

/**
 * Whether a resource passes the filters of a list operation. `filters` maps the name of each filter parameter to the
 * field that it is compared with. A filter that is absent lets everything pass.
 */
export function passesFilters(
  filters: Readonly<Record<string, string>>,
  parameters: JsonObject,
  data: JsonObject,
): boolean {
  return Object.entries(filters).every(([parameter, field]) => {
    const wanted = optionalText(parameters, parameter);
    return wanted === undefined || data[field] === wanted;
  });
}

/** The filters whose parameter has the same name as the field. */
export function sameNames(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, name]));
}
