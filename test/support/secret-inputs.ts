import type { Json, JsonObject } from "../../src/core/json.ts";
import { fc } from "./properties.ts";

/** A part of an input, and of the schema of that input. */
export interface Part {
  readonly schema: JsonObject;
  readonly value: Json;
  readonly secrets: readonly string[];
}

const secretText = fc
  .tuple(fc.nat(2 ** 31), fc.string({ maxLength: 12, unit: "binary" }))
  .map(([number, text]) => `S3C${number.toString(36)}-${text.toWellFormed()}-E`);
const openName = fc.constantFrom(
  "name",
  "size",
  "sysctl",
  "clientToken",
  "next_token",
  "notes",
  "x",
);
const secretName = fc.constantFrom(
  "root_passwd",
  "LoginPassword",
  "private_key",
  "kubeconfig",
  "token",
  "accessKeySecret",
  "tls_key",
);
const plain: fc.Arbitrary<Part> = fc
  .oneof(fc.nat(9), fc.boolean(), fc.constantFrom("small", "eu-1", "a=b", "k: v"))
  .map((value) => ({ schema: {}, value, secrets: [] }));
const marked: fc.Arbitrary<Part> = secretText.chain((secret) =>
  fc.constantFrom<Part>(
    { schema: { type: "string", writeOnly: true }, value: secret, secrets: [secret] },
    { schema: { format: "password" }, value: secret, secrets: [secret] },
    {
      schema: { anyOf: [{ type: "number" }, { writeOnly: true }] },
      value: secret,
      secrets: [secret],
    },
    { schema: { $ref: "#/$defs/secret" }, value: secret, secrets: [secret] },
    { schema: { writeOnly: true }, value: { user: "u", deep: [secret] }, secrets: [secret] },
    {
      schema: { type: "array", items: { writeOnly: true } },
      value: [secret, secret],
      secrets: [secret],
    },
    {
      schema: { additionalProperties: { writeOnly: true } },
      value: { any: secret },
      secrets: [secret],
    },
  ),
);
const byName: fc.Arbitrary<readonly [string, Part]> = fc.tuple(
  secretName,
  secretText.map((value): Part => ({ schema: {}, value, secrets: [value] })),
);
const pair: fc.Arbitrary<Part> = secretText.map((secret) => ({
  schema: {},
  value: [{ name: "DB_PASSWORD", value: secret }],
  secrets: [secret],
}));

const { object } = fc.letrec<{ object: Part; part: Part }>((tie) => ({
  part: fc.oneof({ depthSize: "small" }, marked, plain, pair, tie("object")),
  object: fc
    .uniqueArray(fc.oneof(fc.tuple(openName, tie("part")), byName), {
      minLength: 2,
      maxLength: 7,
      selector: ([name]) => name,
    })
    .map((fields): Part => {
      const of = <T>(pick: (part: Part) => T) =>
        Object.fromEntries(fields.map(([name, part]) => [name, pick(part)]));
      return {
        schema: { type: "object", properties: of(({ schema }) => schema) },
        value: of(({ value }) => value),
        secrets: fields.flatMap(([, { secrets }]) => secrets),
      };
    }),
}));
/** Inputs that have a secret at least. */
export const inputs = object
  .filter(({ secrets }) => secrets.length > 0)
  .map((part) => ({ ...part, schema: { ...part.schema, $defs: { secret: { writeOnly: true } } } }));
