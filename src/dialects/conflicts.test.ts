import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conflictAmong } from "./conflicts.ts";
import type { Dialect } from "./dialect.ts";
import { DIALECTS } from "./registry.ts";

const [first] = DIALECTS;
assert.ok(first !== undefined);

const other: Dialect = { ...first, name: "other", version: "2000-01-01", hostLabels: ["other"] };

describe("dialects that cannot be told apart", () => {
  it("are not among the built-in ones", () => assert.equal(conflictAmong(DIALECTS), undefined));

  it("may share a path", () => assert.equal(conflictAmong([...DIALECTS, other]), undefined));

  const cases: readonly [string, Partial<Dialect>, RegExp][] = [
    ["name", { name: "ack" }, /^dialect ack: its name "ack" is the one of dialect ack too; give/],
    ["version", { version: "2015-12-15" }, /^dialect other: its version "2015-12-15" is the one/],
    ["host", { hostLabels: ["x", "cs"] }, /^dialect other: its host label "cs" is the one of/],
    [
      "product",
      {
        product: {
          name: "else",
          types: [],
          operations: {},
          queries: {},
          newTaskId: () => "",
          world: [],
        },
      },
      /^dialect other: its product is called "else"; give both the same name$/,
    ],
  ];
  for (const [what, change, complaint] of cases) {
    it(`are named, with the ${what}`, () => {
      assert.match(conflictAmong([...DIALECTS, { ...other, ...change }]) ?? "", complaint);
    });
  }
});
