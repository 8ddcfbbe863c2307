import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { ValueSchema } from "../message/value-schema.ts";
import type { OperationSpec } from "./operation.ts";

const DIALECTS = import.meta.dirname;

const Parameter = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    in: Type.Enum(["path", "query", "formData", "body"]),
    wholeBody: Type.Optional(Type.Literal(true)),
    required: Type.Optional(Type.Literal(true)),
    style: Type.Optional(Type.Enum(["json", "repeatList", "simple"])),
    schema: Type.Unsafe<ValueSchema>(Type.Object({})),
  },
  { additionalProperties: false },
);

const Operations = Type.Array(
  Type.Object(
    {
      action: Type.String({ minLength: 1 }),
      method: Type.String({ minLength: 3 }),
      alsoMethods: Type.Optional(Type.Array(Type.String())),
      path: Type.String({ pattern: "^/" }),
      role: Type.Enum(["query-task", "list-tasks", "control-task", "start-task", "read"]),
      status: Type.Integer({ minimum: 200, maximum: 299 }),
      taskIdField: Type.Optional(Type.String()),
      params: Type.Array(Parameter),
      response: Type.Unsafe<ValueSchema>(Type.Object({})),
    },
    { additionalProperties: false },
  ),
);

/** What is wrong with a data file, by place; nothing if it can be taken for `OperationSpec`s. */
function flaws(data: unknown): readonly string[] {
  const typed = (checked: Static<typeof Operations>): readonly OperationSpec[] => checked;
  if (Value.Check(Operations, data)) return typed(data).length > 0 ? [] : ["holds no operation"];
  return Value.Errors(Operations, data).map((error) => `${error.instancePath} ${error.message}`);
}

describe("operation data", () => {
  const files = globSync("*/{operations,reads}.json", { cwd: DIALECTS });

  it("has two files a product", () => assert.equal(files.length, 8));

  for (const file of files) {
    it(`is as the code takes it: ${file}`, () => {
      assert.deepEqual(flaws(JSON.parse(readFileSync(join(DIALECTS, file), "utf8"))), []);
    });
  }

  it("is refused by place when it cannot be read", () => {
    const entry = {
      action: "A",
      method: "GET",
      path: "/a",
      role: "read",
      status: 200,
      params: [],
      response: {},
    };
    assert.deepEqual(flaws([entry]), []);
    assert.match(flaws([{ ...entry, role: "write" }]).join(), /\/0\/role/);
  });
});
