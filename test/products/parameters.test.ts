import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { OperationSpec, ParameterSpec } from "../../src/dialects/operation.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import type { ValueSchema } from "../../src/message/value-schema.ts";
import { FakeTaskService } from "../support/fake-task-service.ts";
import { requestOf } from "../support/spec-request.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

/** The form in which each product reports a wrong parameter, from its README. */
const CODES = {
  ack: { missing: () => "MissingParameter", invalid: () => "InvalidParameter" },
  lingjun: {
    missing: (name: string) => `MissingParameter.${name}`,
    invalid: (name: string) => `InvalidParameter.${name}`,
  },
  bdrc: {
    missing: (name: string) => `Missing${name}`,
    invalid: (name: string) => `InvalidParameter.${name}`,
  },
  cloudcontrol: { missing: () => "MissingParameter", invalid: () => "InvalidParameter" },
} as const;

/** One mistake in one value, at any depth. */
interface Wrong {
  readonly what: string;
  readonly kind: "missing" | "invalid";
  /** The path as an error message names it: `NodeGroups[0].Nodes`. */
  readonly path: string;
  readonly value: Json | undefined;
}

/** A value that the schema takes, with everything it describes. */
function good(schema: ValueSchema): Json {
  if (schema.enum?.[0] !== undefined) return schema.enum[0];
  switch (schema.type) {
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "array":
      return [good(schema.items ?? { type: "string" })];
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [name, good(field)]),
      );
    default:
      return "text";
  }
}

/** Values that do not have a type. */
const OF_ANOTHER_TYPE: Readonly<Record<string, Json>> = {
  string: { not: "text" },
  boolean: "perhaps",
  array: { not: "a list" },
  object: ["a list"],
  number: "many",
  integer: "many",
};

/** All mistakes that a value itself can have. `asText`: the value is sent as text, so any text is a valid string. */
function* wrongHere(schema: ValueSchema, path: string, asText: boolean): Generator<Wrong> {
  const invalid = (what: string, value: Json): Wrong => ({ what, kind: "invalid", path, value });
  const { type = "", minimum, maximum } = schema;
  const other = asText && type === "object" ? "text" : OF_ANOTHER_TYPE[type];
  if (other !== undefined && !(asText && type === "string")) yield invalid(`no ${type}`, other);
  if (schema.enum !== undefined) yield invalid("another word", "no such word");
  if (minimum !== undefined) yield invalid("too small", minimum - 1);
  if (maximum !== undefined) yield invalid("too large", maximum + 1);
  if (type === "integer") yield* wrongWhole(schema, invalid);
  if (schema.maxItems !== undefined) {
    const one = good(schema.items ?? { type: "string" });
    yield invalid(
      "too many",
      Array.from({ length: schema.maxItems + 1 }, () => one),
    );
  }
}

function* wrongWhole({ format }: ValueSchema, invalid: (what: string, value: Json) => Wrong) {
  yield invalid("a fraction", 1.5);
  if (format === "int32") yield invalid("more than 32 bits", 2 ** 31);
}

/** All mistakes that a value or its parts can have. Each is the complete value with only this mistake. */
function* wrongs(schema: ValueSchema, path: string, asText: boolean): Generator<Wrong> {
  yield* wrongHere(schema, path, asText);
  if (schema.type === "array" && schema.items) {
    for (const inside of wrongs(schema.items, `${path}[0]`, asText)) {
      yield { ...inside, value: inside.value === undefined ? [] : [inside.value] };
    }
  }
  if (schema.type !== "object") return;
  const whole = good(schema) as JsonObject;
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const { [name]: _, ...rest } = whole;
    if (schema.required?.includes(name)) {
      yield { what: "missing", kind: "missing", path: `${path}.${name}`, value: rest };
    }
    for (const inside of wrongs(field, `${path}.${name}`, asText)) {
      yield { ...inside, value: { ...rest, [name]: inside.value ?? null } };
    }
  }
}

function* wrongWith(parameter: ParameterSpec): Generator<Wrong> {
  const { name, schema, in: place, style, required } = parameter;
  if (required && place !== "path") {
    yield { what: "missing", kind: "missing", path: name, value: undefined };
  }
  // A list with commas takes any text; a path is always there.
  if (style === "simple" || place === "path") return;
  const flat = style === "repeatList";
  const inText = (place === "query" || place === "formData") && (flat || !isNested(schema));
  for (const wrong of wrongs(schema, name, inText)) {
    if (parameter.wholeBody && wrong.path === name && schema.type === "string") continue;
    yield wrong;
  }
}

function isNested({ type }: ValueSchema): boolean {
  return type === "array" || type === "object";
}

for (const [product, codes] of Object.entries(CODES)) {
  const dialect = DIALECTS.find(({ name }) => name === product);
  describe(`parameters of ${product}`, () => {
    const service = new FakeTaskService();
    let server: TestServer;
    let tried = 0;
    before(async () => {
      server = await startTestServer({ service });
    });
    after(() => server.close());
    assert.ok(dialect);

    async function refusal(spec: OperationSpec, values: Readonly<Record<string, Json>>) {
      assert.ok(dialect);
      const { status, text } = await server.send(requestOf(dialect, spec, values));
      const body = JSON.parse(text);
      return { status, code: body.Code ?? body.code, message: body.Message ?? body.message };
    }

    for (const spec of dialect.operations) {
      // The filters of task lists have further rules, which have their own tests.
      if (spec.role === "query-task" || spec.role === "control-task") continue;
      if (spec.role === "list-tasks") continue;
      it(`${spec.action} refuses each that is wrong, by name`, async () => {
        const usual = Object.fromEntries(
          spec.params.map(({ name, schema }) => [name, good(schema)] as const),
        );
        for (const parameter of spec.params) {
          for (const { what, kind, path, value } of wrongWith(parameter)) {
            const { [parameter.name]: _, ...others } = usual;
            const sent = value === undefined ? others : { ...others, [parameter.name]: value };
            const calls = service.calls.length;
            const { status, code, message } = await refusal(spec, sent);
            const about = `${spec.action} ${path}, ${what}: ${status} ${code} ${message}`;
            assert.equal(status, 400, about);
            assert.equal(code, codes[kind](parameter.name), about);
            assert.ok(message.includes(path), about);
            assert.equal(service.calls.length, calls, `${about}; something was started`);
            tried++;
          }
        }
      });
    }

    it("can be wrong in many ways", () => assert.ok(tried >= 10, String(tried)));
  });
}
