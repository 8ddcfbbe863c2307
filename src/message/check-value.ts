import { DomainError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { isSecretName, redact } from "../redact.ts";
import type { ValueSchema } from "./value-schema.ts";

const INT32 = 2 ** 31;

/**
 * Checks a JSON value against the vendor's schema; what the schema does not mention may be there.
 * @throws DomainError `InvalidParameter` or `MissingParameter` naming the field, what was found and what was expected.
 */
export function checkValue(schema: ValueSchema, value: Json, path: string): void {
  const expected = mismatch(schema, value);
  if (expected !== undefined) throw invalidParameter(path, value, expected);
  if (Array.isArray(value)) checkEntries(schema, value as readonly Json[], path);
  else if (typeof value === "object" && value !== null) {
    checkFields(schema, value as JsonObject, path);
  }
}

export function invalidParameter(parameter: string, value: Json, expected: string): DomainError {
  const found = isSecretName(parameter) ? "a value that is not shown" : shorten(value);
  return new DomainError(
    "InvalidParameter",
    `parameter ${parameter} is ${found}; give ${expected}`,
    { parameter, found, expected },
  );
}

export function missingParameter(parameter: string, schema: ValueSchema): DomainError {
  const expected = describe(schema);
  return new DomainError(
    "MissingParameter",
    `parameter ${parameter} is missing; give ${expected}`,
    {
      parameter,
      expected,
    },
  );
}

/** What a schema wants, in words. */
export function describe(schema: ValueSchema): string {
  if (schema.enum) return `one of ${schema.enum.join(", ")}`;
  const range = rangeOf(schema);
  switch (schema.type) {
    case "integer":
      return `a whole number${range}`;
    case "number":
      return `a number${range}`;
    case "boolean":
      return "true or false";
    case "array":
      return schema.maxItems === undefined ? "a list" : `a list of at most ${schema.maxItems}`;
    case "object":
      return "an object";
    default:
      return schema.type === "string" ? "a string" : "a value";
  }
}

function mismatch(schema: ValueSchema, value: Json): string | undefined {
  const fits = hasType(schema, value) && inRange(schema, value) && inEnum(schema, value);
  return fits ? undefined : describe(schema);
}

function hasType({ type, format }: ValueSchema, value: Json): boolean {
  switch (type) {
    case "string":
    case "boolean":
      return typeof value === type;
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value) && (format !== "int32" || fitsInt32(value as number));
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return true;
  }
}

function inRange({ minimum, maximum, maxItems }: ValueSchema, value: Json): boolean {
  if (Array.isArray(value)) return maxItems === undefined || value.length <= maxItems;
  if (typeof value !== "number") return true;
  return (minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum);
}

function inEnum(schema: ValueSchema, value: Json): boolean {
  return schema.enum === undefined || schema.enum.includes(String(value));
}

function checkEntries({ items }: ValueSchema, values: readonly Json[], path: string): void {
  if (items === undefined) return;
  for (const [index, entry] of values.entries()) checkValue(items, entry, `${path}[${index}]`);
}

function checkFields(schema: ValueSchema, value: JsonObject, path: string): void {
  const { properties = {}, required = [] } = schema;
  for (const [name, field] of Object.entries(properties)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given !== undefined && given !== null) checkValue(field, given, `${path}.${name}`);
    else if (required.includes(name)) throw missingParameter(`${path}.${name}`, field);
  }
}

function fitsInt32(value: number): boolean {
  return value >= -INT32 && value < INT32;
}

function rangeOf({ minimum, maximum, format }: ValueSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (maximum !== undefined) return ` of at most ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return format === "int32" ? " of 32 bits" : "";
}

function shorten(value: Json): string {
  const text = JSON.stringify(redact(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
