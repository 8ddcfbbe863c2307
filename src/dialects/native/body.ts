import type { TSchema } from "typebox";
import Schema from "typebox/schema";
import type { Json, JsonObject } from "../../core/json.ts";
import { invalid } from "../../core/values/check-draft.ts";
import { A_MOMENT } from "../../core/values/moment.ts";
import type { Call } from "../../message/call.ts";
import { invalidParameter, missingParameter } from "../../message/check-value.ts";
import { checkMembersOnce } from "../../message/content.ts";

/**
 * A request's body, checked against its schema.
 * @throws DomainError `InvalidParameter` or `MissingParameter`, naming the field.
 */
export function readBody<T>(call: Call, schema: TSchema): T {
  const { content } = call;
  if (content.kind === "form") throw invalidParameter("body", "a form", "a JSON object");
  if (content.kind === "json") checkMembersOnce(content);
  const body = content.kind === "json" ? content.value : undefined;
  if (body === undefined) throw missingParameter("body", { type: "object" });
  return checkBody<T>(body, schema);
}

/**
 * A body, or the part of one at `root`, checked against its schema.
 * @throws DomainError `InvalidParameter` or `MissingParameter`, naming the field.
 */
export function checkBody<T>(body: Json, schema: TSchema, root = ""): T {
  const validator = validatorOf(schema);
  if (validator.Check(body)) return body as T;
  throw complaint(validator, body, root);
}

type Validator = ReturnType<typeof Schema.Compile>;
type FoundError = ReturnType<Validator["Errors"]>[1][number];

/** By the schema, made when the first body comes: to walk the schema anew takes a tenth of the time of a submission. */
const validators = new WeakMap<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = Schema.Compile(schema);
  validators.set(schema, made);
  return made;
}

function complaint(validator: Validator, body: Json, root: string): Error {
  const [, [error]] = validator.Errors(body);
  const parts = (error?.instancePath ?? "").split("/").slice(1).map(unescaped);
  const path = [...(root === "" ? [] : [root]), ...parts].join(".");
  const { requiredProperties = [] } = (error?.params ?? {}) as { requiredProperties?: string[] };
  const [missing] = requiredProperties;
  if (missing !== undefined)
    return missingParameter(path === "" ? missing : `${path}.${missing}`, {});
  const large = tooLarge(error, foundAt(body, parts));
  if (large !== undefined) return invalid({ path: path || "body", ...large });
  return invalidParameter(path || "body", foundAt(body, parts), expectedBy(error));
}

/** What a bound counts, by its keyword. */
const COUNTED: Readonly<Record<string, string>> = {
  maxLength: "characters",
  maxItems: "entries",
  maxProperties: "members",
};

/** How much there is of a value that is beyond a bound, and the bound. */
function tooLarge(error: FoundError | undefined, found: Json) {
  const counted = COUNTED[error?.keyword ?? ""];
  if (error === undefined || counted === undefined) return undefined;
  const { limit } = error.params as { limit?: number };
  const size = typeof found === "string" ? [...found].length : Object.keys(found ?? {}).length;
  return { found: `${size} ${counted} long`, expected: `at most ${limit} ${counted}` };
}

function expectedBy(error: FoundError | undefined): string {
  if (error?.keyword === "boolean") return "no such field";
  if (error?.keyword === "format" && error.params.format === "date-time") return A_MOMENT;
  return `a value that ${error?.message ?? "fits"}`;
}

/** A part of a JSON pointer. */
function unescaped(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function foundAt(body: Json, parts: readonly string[]): Json {
  let value: Json | undefined = body;
  for (const part of parts) {
    value = typeof value === "object" && value !== null ? (value as JsonObject)[part] : undefined;
  }
  return value ?? null;
}
