import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parsePolicy } from "./policy-document.ts";
import { uselessParts } from "./useless.ts";

const OPERATIONS = [
  { action: "cs:describetaskinfo", resource: "acs:cs:r:1:cluster/*" },
  { action: "cs:scaleoutcluster", resource: "acs:cs:r:1:cluster/*" },
  { action: "bdrc:describetask", resource: "*" },
  { action: "eflo:describetask", resource: "acs:eflo:r:1:cluster/*" },
  { action: "taskscribe:gettask", resource: "acs:taskscribe:r:1:task/*" },
];

function told(statement: object): readonly string[] {
  const document = { Version: "1", Statement: [{ Effect: "Deny", ...statement }] };
  const parsed = parsePolicy(document);
  assert.ok(parsed.ok);
  return uselessParts(parsed.policy, OPERATIONS);
}

const NEVER = (action: string, example: string) =>
  `Statement[0] never applies to ${action}, because no Resource of it can be one of that action; give for example ${example}`;
const NOTHING = (resource: string, example: string) =>
  `Statement[0] has the Resource ${resource}, which no action of it can be about; give for example ${example}`;
const CLUSTERS = "acs:cs:r:1:cluster/*";

describe("row 36: a statement", () => {
  test("whose resource is never its action's is told, with what would match", () => {
    assert.deepEqual(told({ Action: "bdrc:*", Resource: "acs:bdrc:*:*:task/*" }), [
      NEVER("bdrc:*", "*"),
    ]);
    assert.deepEqual(told({ Action: "cs:*", Resource: "acs:cs:*:*:node/*" }), [
      NEVER("cs:*", CLUSTERS),
    ]);
    assert.deepEqual(told({ Action: "cs:*", Resource: "acs:cs:*:2:cluster/c" }), [
      NEVER("cs:*", CLUSTERS),
    ]);
    assert.deepEqual(told({ Action: "cs:*", Resource: "acs:cs:other:1:cluster/c" }), [
      NEVER("cs:*", CLUSTERS),
    ]);
  });

  test("may have every resource that one of its operations can be about", () => {
    for (const Resource of [
      "*",
      CLUSTERS,
      "acs:*",
      "acs:cs:*:*:cluster/c1",
      "acs:cs:r:1:?luster/*x",
    ])
      assert.deepEqual(told({ Action: "cs:*", Resource }), [], Resource);
    assert.deepEqual(told({ Action: "bdrc:*", Resource: ["*"] }), []);
    assert.deepEqual(told({ Action: "*", Resource: "acs:eflo:r:1:cluster/i" }), []);
  });

  test("is told for each action, and for each resource that is left over", () => {
    const Resource = [CLUSTERS, "acs:bdrc:r:1:task/*"];
    assert.deepEqual(told({ Action: ["cs:*", "bdrc:*"], Resource }), [NEVER("bdrc:*", "*")]);
    assert.deepEqual(told({ Action: "cs:*", Resource }), [
      NOTHING("acs:bdrc:r:1:task/*", CLUSTERS),
    ]);
    assert.deepEqual(told({ Action: "*", Resource: "acs:ecs:r:1:vm/1" }), [
      NEVER("*", `${CLUSTERS}, *, acs:eflo:r:1:cluster/*`),
    ]);
  });

  test("of a product that is not here is left alone", () => {
    assert.deepEqual(told({ Action: "ecs:*", Resource: "acs:ecs:*:*:vm/1" }), []);
    assert.deepEqual(
      told({ Action: ["ecs:*", "cs:*"], Resource: [CLUSTERS, "acs:ecs:*:*:vm/1"] }),
      [],
    );
  });

  test("with NotAction is about all other operations", () => {
    assert.deepEqual(told({ NotAction: "cs:*", Resource: "acs:eflo:r:1:cluster/i" }), []);
    assert.deepEqual(
      told({ NotAction: ["bdrc:*", "eflo:*", "taskscribe:*"], Resource: "acs:bdrc:*" }),
      [NOTHING("acs:bdrc:*", CLUSTERS)],
    );
    assert.deepEqual(told({ NotAction: "cs:*", Resource: "acs:cs:r:1:cluster/c" }), [
      NOTHING("acs:cs:r:1:cluster/c", "*, acs:eflo:r:1:cluster/*, acs:taskscribe:r:1:task/*"),
    ]);
  });

  test("with a long resource is told with its beginning", () => {
    const long = `acs:${"x".repeat(100)}`;
    assert.deepEqual(told({ Action: "cs:*", Resource: [CLUSTERS, long] }), [
      NOTHING(`${long.slice(0, 79)}…`, CLUSTERS),
    ]);
    const longer = `acs:${"x".repeat(77)}`;
    assert.deepEqual(told({ Action: "cs:*", Resource: [CLUSTERS, longer] }), [
      NOTHING(`${longer.slice(0, 79)}…`, CLUSTERS),
    ]);
    const just = `acs:${"x".repeat(76)}`;
    assert.deepEqual(told({ Action: "cs:*", Resource: [CLUSTERS, just] }), [
      NOTHING(just, CLUSTERS),
    ]);
  });
});
