import Schema from "typebox/schema";
import type { JsonObject } from "../core/json.ts";

type Validator = ReturnType<typeof Schema.Compile>;

/** Compiled once: the schemas belong to task types, which live as long as the process. */
const compiled = new WeakMap<JsonObject, Validator>();

/** What is wrong with a value, and where: a path such as `input/nodes/0`. */
export interface Flaw {
  readonly path: string;
  readonly expected: string;
}

/** The first thing in which `value` does not fit the JSON schema; `name` is what the value is called. */
export function flawIn(value: JsonObject, schema: JsonObject, name: string): Flaw | undefined {
  let validator = compiled.get(schema);
  if (validator === undefined) {
    validator = Schema.Compile(schema);
    compiled.set(schema, validator);
  }
  if (validator.Check(value)) return undefined;
  const [, errors] = validator.Errors(value);
  const [first] = errors;
  return { path: `${name}${first?.instancePath ?? ""}`, expected: first?.message ?? "must fit" };
}
