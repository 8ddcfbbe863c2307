import { DomainError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { isObject } from "./simulation.ts";

/*
 * Readers of an operation's parameters. Dialects validate types before; these say what the operation itself needs,
 * and bear what query strings and forms turn values into ("2", "true", JSON text).
 */

export function invalid(parameter: string, found: Json | undefined, expected: string): DomainError {
  const shown = found === undefined ? "nothing" : JSON.stringify(found);
  const short = shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
  return new DomainError(
    "InvalidParameter",
    `parameter ${parameter} is ${short}; give ${expected}`,
    { parameter, found: short, expected },
  );
}

export function missing(parameter: string, expected: string): DomainError {
  return new DomainError(
    "MissingParameter",
    `parameter ${parameter} is missing; give ${expected}`,
    {
      parameter,
      expected,
    },
  );
}

export function text(parameters: JsonObject, name: string): string | undefined {
  const value = parameters[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return value;
  throw invalid(name, value, "a string");
}

export function requiredText(parameters: JsonObject, name: string, expected = "a string"): string {
  const value = text(parameters, name);
  if (value === undefined) throw missing(name, expected);
  return value;
}

export function oneOf<Word extends string>(
  parameters: JsonObject,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = text(parameters, name);
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw invalid(name, value, `one of ${words.join(", ")}`);
  return word;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function whole(parameters: JsonObject, name: string, range: Range): number | undefined {
  const given = parameters[name];
  if (given === undefined || given === null || given === "") return undefined;
  const value = typeof given === "string" ? Number(given) : given;
  if (
    typeof value !== "number" ||
    !Number.isInteger(value) ||
    value < range.min ||
    value > range.max
  ) {
    throw invalid(name, given, `a whole number from ${range.min} to ${range.max}`);
  }
  return value;
}

export function flag(parameters: JsonObject, name: string): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (value === true || value === "true" || value === "True") return true;
  if (value === false || value === "false" || value === "False") return false;
  throw invalid(name, value, "true or false");
}

/** Every entry of a list; an absent list has none. */
export function list(parameters: JsonObject, name: string): readonly Json[] {
  const value = fromJsonText(parameters[name]);
  if (value === undefined || value === null || value === "") return [];
  if (Array.isArray(value)) return value;
  throw invalid(name, value, "a list");
}

export function texts(parameters: JsonObject, name: string): readonly string[] {
  return list(parameters, name).map((entry) => {
    if (typeof entry === "string" && entry !== "") return entry;
    throw invalid(name, entry, "a list of strings");
  });
}

export function requiredTexts(parameters: JsonObject, name: string): readonly string[] {
  const values = texts(parameters, name);
  if (values.length === 0) throw missing(name, "a list with at least one entry");
  return values;
}

export function objects(parameters: JsonObject, name: string): readonly JsonObject[] {
  return list(parameters, name).map((entry) => {
    if (isObject(entry)) return entry;
    throw invalid(name, entry, "a list of objects");
  });
}

export function object(parameters: JsonObject, name: string): JsonObject | undefined {
  const value = fromJsonText(parameters[name]);
  if (value === undefined || value === null || value === "") return undefined;
  if (isObject(value)) return value;
  throw invalid(name, value, "an object");
}

function fromJsonText(value: Json | undefined): Json | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
