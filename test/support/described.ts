import type { TSchema } from "typebox";
import { Errors } from "typebox/value";
import type { NativeOperation } from "../../src/dialects/native/operation.ts";
import { OPERATIONS } from "../../src/dialects/native/operations.ts";
import { ErrorBody } from "../../src/dialects/native/schemas.ts";

const PARAMETER = /\{\w+\}/g;
/** Paths with a name in a place where others have a parameter come first. */
const operations = Object.values(OPERATIONS)
  .toSorted((a, b) => parametersIn(a) - parametersIn(b))
  .map((operation) => ({
    operation,
    pattern: new RegExp(`^${operation.path.replace(PARAMETER, "[^/]+")}$`),
  }));

function parametersIn({ path }: NativeOperation): number {
  return path.match(PARAMETER)?.length ?? 0;
}

/** What the OpenAPI description does not say of an answer of our own API; undefined: all is as described. */
export function undescribed(
  method: string,
  target: string,
  answer: { readonly status: number; readonly body: unknown },
): string | undefined {
  const [path = ""] = target.split("?");
  const found = operations.find(
    ({ operation, pattern }) => operation.method === method && pattern.test(path),
  );
  if (found === undefined) return undefined;
  const { status, body } = answer;
  const schemas = schemasOf(found.operation, status);
  const wrong = (what: string) => `${method} ${path} answered ${status}: ${what}`;
  if (schemas.length === 0) {
    return status < 300 && body !== undefined
      ? wrong("the description has no such answer")
      : undefined;
  }
  if (typeof body !== "object") return undefined; // a stream
  const errors = schemas.map((schema) => Errors(schema, body)[0]);
  const [error] = errors;
  return error && errors.every(Boolean)
    ? wrong(`${error.instancePath} ${error.message}`)
    : undefined;
}

function schemasOf(
  { status: usual, answer, otherwise }: NativeOperation,
  status: number,
): readonly TSchema[] {
  if (status >= 400) return [ErrorBody];
  return [
    ...(status === usual && answer ? [answer] : []),
    ...(status === 200 && otherwise ? otherwise.answers : []),
  ];
}
