import { Compile } from "typebox/schema";
import type { Json } from "../../src/core/json.ts";
import type { Dialect } from "../../src/dialects/dialect.ts";
import type { OperationSpec } from "../../src/dialects/operation.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import type { ValueSchema } from "../../src/message/value-schema.ts";
import type { Recorded } from "./recording-proxy.ts";

/** The dialects of the vendor's products. */
export const VENDOR_DIALECTS: readonly Dialect[] = DIALECTS.filter(
  ({ version }) => version !== undefined,
);

/** The operations that were called with success, by dialect, sorted. */
export function calledWithSuccess(calls: readonly Recorded[]): Record<string, string[]> {
  const all = VENDOR_DIALECTS.map(({ name, version }) => {
    const own = calls.filter((call) => call.version === version && call.status < 300);
    return [name, [...new Set(own.map(({ action }) => action))].sort()] as const;
  });
  return Object.fromEntries(all);
}

/**
 * Words that we say though the vendor's enumerations have them not: no source names one for what happened (see the
 * READMEs of the dialects and products).
 */
const OWN_WORDS: Readonly<Record<string, readonly string[]>> = {
  lingjun: [
    "execution_cancelled", // what ecctl waits for
    "stop_node",
    "stop_node_sub_task",
    "change_node_group",
    "change_node_types",
    "update_node_group",
  ],
  bdrc: ["PRECHECK_RESOURCE_COUNT", "UPDATE_CROSS_ACCOUNTS"],
};

/** What is wrong with the answers, measured by the vendor's description of each operation; [] if nothing is. */
export function wireProblems(calls: readonly Recorded[]): string[] {
  const theirs = calls.filter(({ target }) => !target.startsWith("/v1/"));
  return [...new Set(theirs.flatMap(problemsOf))];
}

function problemsOf({ action, version, status, body }: Recorded): string[] {
  const dialect = VENDOR_DIALECTS.find((candidate) => candidate.version === version);
  const spec = dialect?.operations.find((operation) => operation.action === action);
  if (spec === undefined) return [`${version} ${action}: no such operation is offered`];
  if (status >= 300) return [];
  const answer = JSON.parse(body) as Json;
  const expected = statusOf(spec, answer);
  if (status !== expected) return [`${action}: status ${status} instead of ${expected}`];
  // Of the reads only the first layer is described here; the SDKs tell whether they know the rest.
  const schema = spec.role === "read" ? spec.response : closed(spec.response);
  const [, errors] = Compile(schema as object).Errors(answer);
  const own = OWN_WORDS[dialect?.name ?? ""] ?? [];
  return errors
    .filter(({ keyword, instancePath }) => {
      return keyword !== "enum" || !own.includes(String(valueAt(answer, instancePath)));
    })
    .map((error) => `${action}: ${JSON.stringify(error)}`);
}

/** Cloud Control's 202/200 rule: 202 for an operation that goes on, with its task's id; 200 without. */
function statusOf({ status, taskIdField = "", role }: OperationSpec, answer: Json): number {
  if (status !== 202 || role !== "start-task") return status;
  return valueAt(answer, `/${taskIdField}`) === undefined ? 200 : status;
}

function valueAt(answer: Json, pointer: string): unknown {
  const names = pointer.split("/").slice(1);
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], answer);
}

/** The same schema, without room for fields that the vendor does not name. An object with no fields may hold any. */
function closed(schema: ValueSchema): ValueSchema {
  const { properties, items } = schema;
  const named = properties !== undefined && Object.keys(properties).length > 0;
  const fields = Object.entries(properties ?? {}).map(([name, one]) => [name, closed(one)]);
  return {
    ...schema,
    ...(items !== undefined && { items: closed(items) }),
    ...(named && {
      properties: Object.fromEntries(fields) as NonNullable<ValueSchema["properties"]>,
      additionalProperties: schema.additionalProperties ?? false,
    }),
  };
}
