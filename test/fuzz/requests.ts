// Arbitraries of fast-check for requests to every operation of every product, from valid to meaningless.

import type { OperationSpec, ParameterSpec } from "../../src/dialects/operation.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import type { ValueSchema } from "../../src/message/value-schema.ts";
import { fc } from "../support/properties.ts";
import { type Plain, percent, SCHEMES, type Scheme } from "./signers.ts";

/** A request, and the way to sign it. */
export interface Case {
  readonly name: string;
  readonly plain: Plain;
  readonly scheme: Scheme;
  /** The secret is wrong by one character. */
  readonly forged: boolean;
}

/** A placeholder for the id of a task from a recent answer. The sender replaces it. */
export const SOME_TASK = "some-task";

/** Ids of the demonstration world, and ids that do not exist. */
const KNOWN = [
  "c0000000000000000000000000000da01",
  "np0000000000000000000000000000da01",
  "i100000000000000000001",
  "e01-cn-demo-0005",
  "VPC",
  "Aliyun",
  "cn-hangzhou",
  "cn-beijing",
  "T-000000000000000000000000",
  SOME_TASK,
  "t-00000000000000000000",
  "task-00000000000000000000000000000000",
  "ACS::OSS::Bucket",
  "true",
  "1",
  "50",
  "2026-01-02T03:04:05Z",
  "[]",
  "{}",
];
/** Values that an operation is likely to accept, by the name of the parameter. */
const GOOD: readonly (readonly [name: RegExp, values: readonly string[]])[] = [
  [/^task_?id$|^id$/i, [SOME_TASK]],
  [/^cluster_?id$/i, ["c0000000000000000000000000000da01"]],
  [/^node_?pool_?id$/i, ["np0000000000000000000000000000da01"]],
  [/^node_?ids?$/i, ["e01-cn-demo-0005"]],
  [/^region_?id$/i, ["cn-hangzhou"]],
];

const ODD = [
  "",
  " ",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "%00",
  "%2F",
  "\u0000",
  "\r\nx-injected: 1",
  "'; DROP TABLE task; --",
  "<script>alert(1)</script>",
  "\ud800",
  "\u{1f600}",
  "\u202e",
  "-1",
  "0",
  "1e999",
  "9007199254740993",
  "NaN",
  "null",
  "x".repeat(300),
  "x".repeat(3_000),
  "[".repeat(200),
  '{"__proto__":1}',
];

const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD) },
  { weight: 2, arbitrary: fc.string({ maxLength: 30, unit: "binary" }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
);
const wildJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    null,
    true,
    1e308,
    -0,
    1.5,
    "",
    [],
    {},
    [[]],
    JSON.parse('{"__proto__":{"a":1}}'),
  ),
);

/** A value that fits a schema, except one time in eight. */
function fitting(schema: ValueSchema | undefined, depth = 0): fc.Arbitrary<unknown> {
  const right = rightValue(schema, depth);
  return fc.oneof({ weight: 7, arbitrary: right }, { weight: 1, arbitrary: wildJson });
}

function rightValue(schema: ValueSchema = {}, depth: number): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer());
    case "array":
      return depth > 3
        ? fc.constant([])
        : fc.array(fitting(schema.items, depth + 1), { maxLength: 3 });
    case "object":
      return depth > 3 ? fc.constant({}) : objectOf(schema, depth);
    default:
      return text;
  }
}

function objectOf({ properties = {}, required = [] }: ValueSchema, depth: number) {
  const values = Object.entries(properties).map(([name, schema]) => {
    const value = fitting(schema, depth + 1);
    return [name, required.includes(name) ? value : fc.option(value, { nil: undefined, freq: 1 })];
  });
  return fc.record(Object.fromEntries(values));
}

function goodFor(product: string, parameter: string): readonly string[] | undefined {
  if (product === "lingjun" && parameter === "ClusterId") return ["i100000000000000000001"];
  return GOOD.find(([name]) => name.test(parameter))?.[1];
}

interface Filled {
  readonly spec: ParameterSpec;
  readonly value: unknown;
}

function fillings(product: string, params: readonly ParameterSpec[]) {
  const each = params.map((spec) => {
    const good = goodFor(product, spec.name);
    const wild = fitting(spec.schema);
    const any =
      good && (spec.schema.type ?? "string") === "string"
        ? fc.oneof(
            { weight: 3, arbitrary: fc.constantFrom<unknown>(...good) },
            { weight: 1, arbitrary: wild },
          )
        : wild;
    const value = any.map((found) => ({ spec, value: found }));
    // A required parameter is left out sometimes, an optional one half of the time.
    return fc.option(value, { nil: undefined, freq: spec.required ? 15 : 1 });
  });
  return fc.tuple(...each).map((all) => all.filter((one) => one !== undefined));
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** Cloud Control's path says more than its description names. */
const address = fc.record({
  provider: mostly("Aliyun"),
  product: mostly("VPC"),
  tail: fc.oneof(
    mostly("VPC"),
    mostly("VSwitch"),
    fc.tuple(mostly("VPC"), text).map((two) => two.map(percent).join("/")),
  ),
});

function mostly(good: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary: text.map(percent) },
  );
}

const HOSTS = { ack: "cs", lingjun: "eflo-controller", bdrc: "bdrc", cloudcontrol: "cloudcontrol" };

function operationCase(
  dialect: (typeof DIALECTS)[number],
  spec: OperationSpec,
): fc.Arbitrary<Case> {
  const label = HOSTS[dialect.name as keyof typeof HOSTS] ?? "localhost";
  const host = `${label}.cn-hangzhou.aliyuncs.com`;
  const schemes: readonly Scheme[] =
    dialect.style === "rpc"
      ? ["acs3", "acs3", "rpc-v1", "none"]
      : ["acs3", "acs3", "roa-v1", "none"];
  return fc
    .record({
      filled: fillings(dialect.name, spec.params),
      scheme: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...schemes) },
        { weight: 1, arbitrary: fc.constantFrom(...SCHEMES) },
      ),
      forged: fc.nat(15).map((n) => n === 0),
      action: fc.nat(30).map((n) => (n === 0 ? "DescribeTask" : spec.action)),
      accept: fc.constantFrom("application/json", "application/xml", "*/*"),
      format: fc.constantFrom("JSON", "XML", "json", "YAML"),
      rest: address,
    })
    .map(({ filled, scheme, forged, action, accept, format, rest }) => {
      const query: [string, string][] = [];
      const headers: Record<string, string> = { host, accept };
      const version = dialect.version ?? "";
      if (dialect.style === "rpc" && scheme === "rpc-v1") {
        query.push(["Action", action], ["Version", version], ["Format", format]);
      } else {
        headers["x-acs-action"] = action;
        headers["x-acs-version"] = version;
      }
      const inPath = filled.filter(({ spec: { in: place } }) => place === "path");
      const path = inPath.reduce(
        (before, { spec: { name }, value }) => before.replace(`{${name}}`, percent(asText(value))),
        spec.path
          .replace("{provider}", rest.provider)
          .replace("{product}", rest.product)
          .replace("*", rest.tail),
      );
      query.push(...pairsIn(filled, "query"));
      const { type, body } = contentOf(spec, filled);
      if (type !== undefined) headers["content-type"] = type;
      const plain = { method: spec.method, path, query, headers, body };
      return { name: `${dialect.name} ${spec.action}`, plain, scheme, forged };
    });
}

function pairsIn(filled: readonly Filled[], place: "query" | "formData"): [string, string][] {
  return filled
    .filter(({ spec }) => spec.in === place)
    .map(({ spec, value }) => [spec.name, asText(value)]);
}

function contentOf({ params }: OperationSpec, filled: readonly Filled[]) {
  const places = new Set(params.map((parameter) => parameter.in));
  if (places.has("formData")) {
    const pairs = pairsIn(filled, "formData");
    const body = pairs.map(([name, value]) => `${percent(name)}=${percent(value)}`).join("&");
    return { type: "application/x-www-form-urlencoded", body };
  }
  if (!places.has("body")) return { type: undefined, body: "" };
  const inBody = filled.filter(({ spec }) => spec.in === "body");
  const whole = inBody.find(({ spec }) => spec.wholeBody);
  const named = Object.fromEntries(inBody.map(({ spec, value }) => [spec.name, value]));
  const body = JSON.stringify(whole ? whole.value : named) ?? "";
  return { type: "application/json; charset=utf-8", body };
}

/** Our own API, without waits, streams and webhooks. */
const NATIVE: readonly (readonly [
  method: string,
  path: string,
  query: readonly string[],
  body: boolean,
])[] = [
  ["POST", "/v1/tasks", [], true],
  ["GET", "/v1/tasks", ["limit", "pageToken", "filter", "state", "type", "product"], false],
  ["GET", "/v1/tasks/by-token", ["token"], false],
  ["GET", "/v1/tasks/{id}", ["at"], false],
  ["GET", "/v1/tasks/{id}/why", [], false],
  ["GET", "/v1/tasks/{id}/events", ["after", "limit"], false],
  ["POST", "/v1/tasks/{id}/cancel", [], true],
  ["POST", "/v1/tasks/{id}/retry", [], true],
  ["GET", "/v1/counts", [], false],
  ["GET", "/v1/types", [], false],
  ["GET", "/v1/{id}", [], false],
];

const nativeCase: fc.Arbitrary<Case> = fc
  .record({
    route: fc.constantFrom(...NATIVE),
    id: text,
    values: fc.array(text, { minLength: 6, maxLength: 6 }),
    body: fc.oneof(
      wildJson,
      fc.record({ type: fc.constantFrom("echo", "none"), input: wildJson, clientToken: text }),
    ),
    scheme: fc.constantFrom<Scheme>("acs3", "acs3", "acs3", "roa-v1", "none"),
    forged: fc.nat(15).map((n) => n === 0),
  })
  .map(({ route: [method, path, names, hasBody], id, values, body, scheme, forged }) => {
    const query = names.flatMap((name, i): [string, string][] => {
      const value = values[i] ?? "";
      return value.length % 3 === 0 ? [] : [[name, value]];
    });
    const headers: Record<string, string> = { host: "localhost" };
    if (hasBody) headers["content-type"] = "application/json";
    const plain: Plain = {
      method,
      path: path.replace("{id}", percent(id)),
      query,
      headers,
      body: hasBody ? (JSON.stringify(body) ?? "") : "",
    };
    return { name: `native ${method} ${path}`, plain, scheme, forged };
  });

export const anyCase: fc.Arbitrary<Case> = fc.oneof(
  ...DIALECTS.filter(({ version }) => version !== undefined).map((dialect) => ({
    weight: 4,
    arbitrary: fc.oneof(...dialect.operations.map((spec) => operationCase(dialect, spec))),
  })),
  { weight: 3, arbitrary: nativeCase },
);
