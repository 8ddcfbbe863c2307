import Format from "typebox/format";
import Schema from "typebox/schema";
import type { JsonObject } from "../core/json.ts";
import { parseMoment } from "../core/values/moment.ts";

// A `date-time` in the schema of a task type is a moment as everywhere else.
Format.Set("date-time", (text) => parseMoment(text) !== undefined);

type Validator = ReturnType<typeof Schema.Compile>;

/** The compiled schemas. They belong to task types, which live as long as the process. */
const compiled = new WeakMap<JsonObject, Validator>();

/** What is wrong with a value. `path` says where, e.g. `input/nodes/0`. */
export interface Flaw {
  readonly path: string;
  readonly expected: string;
}

/** The first mismatch of `value` with the JSON schema; undefined if it fits. `name` begins the path, e.g. `input`. */
export function flawIn(value: JsonObject, schema: JsonObject, name: string): Flaw | undefined {
  const [first] = flawsIn(value, schema, name);
  return first;
}

/** All mismatches of `value` with the JSON schema; empty if it fits. */
export function flawsIn(value: JsonObject, schema: JsonObject, name: string): readonly Flaw[] {
  let validator = compiled.get(schema);
  if (validator === undefined) {
    validator = Schema.Compile(schema);
    compiled.set(schema, validator);
  }
  if (validator.Check(value)) return [];
  const [, errors] = validator.Errors(value);
  if (errors.length === 0) return [{ path: name, expected: "must fit" }];
  return errors.map(({ instancePath, message }) => ({
    path: `${name}${instancePath}`,
    expected: message ?? "must fit",
  }));
}
