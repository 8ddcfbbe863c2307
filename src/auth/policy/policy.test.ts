import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { evaluate, LONGEST_ACTION, LONGEST_RESOURCE, type NamedPolicy } from "./policy.ts";
import type { PolicyContext } from "./policy-conditions.ts";
import { parsePolicy } from "./policy-document.ts";

type Statement = Readonly<Record<string, unknown>>;

const everything = { Effect: "Allow", Action: "*", Resource: "*" };

function named(name: string, ...statements: readonly Statement[]): NamedPolicy {
  const parsed = parsePolicy(JSON.stringify({ Version: "1", Statement: statements }));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return { name, policy: parsed.policy };
}

function ask(policies: readonly NamedPolicy[], context: PolicyContext = {}) {
  const resource = "acs:cs:cn-hangzhou:1234567890:cluster/c1";
  return evaluate(policies, { action: "cs:DescribeTaskInfo", resource, context });
}

const allows = (statement: Statement, context: PolicyContext = {}) =>
  ask([named("p", { ...everything, ...statement })], context).allowed;

describe("deciding", () => {
  test("nothing is allowed that no statement allows", () => {
    assert.deepEqual(ask([]), { allowed: false, decidedBy: "no statement matches" });
    const other = named("p", { ...everything, Action: "ecs:*" });
    assert.deepEqual(ask([other]), { allowed: false, decidedBy: "no statement matches" });
  });
  test("the first Allow that matches is named", () => {
    const policies = [
      named("ecs", { ...everything, Action: "ecs:*" }),
      named("cs", { ...everything, Resource: "acs:ecs:*" }, { ...everything, Action: "cs:*" }),
      named("all", everything),
    ];
    const decidedBy = { policy: "cs", statementIndex: 1, effect: "Allow" };
    assert.deepEqual(ask(policies), { allowed: true, decidedBy });
  });
  test("Deny wins, wherever it stands", () => {
    const deny = named("no", { ...everything, Action: "cs:Describe*", Effect: "Deny" });
    const allow = named("yes", everything);
    const decidedBy = { policy: "no", statementIndex: 0, effect: "Deny" };
    for (const policies of [
      [deny, allow],
      [allow, deny],
    ])
      assert.deepEqual(ask(policies), { allowed: false, decidedBy });
  });
  test("the first Deny that matches is named", () => {
    const deny = named(
      "no",
      { ...everything, Effect: "Deny", Action: "ecs:*" },
      { ...everything, Effect: "Deny" },
    );
    const other = named("never", { ...everything, Effect: "Deny" });
    assert.deepEqual(ask([named("yes", everything), deny, other]), {
      allowed: false,
      decidedBy: { policy: "no", statementIndex: 1, effect: "Deny" },
    });
  });
  test("one action and one resource of a list are enough", () => {
    assert.ok(allows({ Action: ["ecs:*", "cs:Describe*"] }));
    assert.ok(allows({ Resource: ["acs:cs:*:*:cluster/c2", "acs:cs:*:*:cluster/c1"] }));
    assert.ok(!allows({ Resource: ["acs:cs:*:*:cluster/c2", "acs:cs:*:*:cluster/c3"] }));
  });
  test("what is longer than any action or resource is never allowed", () => {
    const asked = (action: string, resource: string) =>
      evaluate([named("p", everything)], { action, resource });
    assert.equal(LONGEST_ACTION, 256);
    assert.equal(LONGEST_RESOURCE, 1_024);
    const [action, resource] = ["a".repeat(256), "r".repeat(1_024)];
    assert.equal(asked(action, resource).allowed, true);
    const refused = { allowed: false, decidedBy: "the action or the resource is too long" };
    assert.deepEqual(asked(`${action}a`, resource), refused);
    assert.deepEqual(asked(action, `${resource}r`), refused);
  });
  test("action, resource and condition must all match", () => {
    assert.ok(!allows({ Resource: "acs:cs:*:*:cluster/c2" }));
    assert.ok(!allows({ Action: "cs:DeleteCluster" }));
    assert.ok(!allows({ Condition: { Bool: { "acs:SecureTransport": "true" } } }));
  });
  test("NotAction means all actions but those", () => {
    const not = (NotAction: unknown, Effect = "Allow") =>
      ask([named("yes", everything), named("p", { Effect, NotAction, Resource: "*" })]).allowed;
    const only = (NotAction: unknown) =>
      ask([named("p", { Effect: "Allow", NotAction, Resource: "*" })]).allowed;
    assert.ok(only("ecs:*"));
    assert.ok(!only(["ecs:*", "CS:describe*"]));
    assert.ok(!only("*"));
    assert.ok(!not("ecs:*", "Deny"));
    assert.ok(not("cs:*", "Deny"));
  });
  test("actions are the same in any case, resources are not", () => {
    assert.ok(allows({ Action: "CS:describe*INFO" }));
    assert.ok(allows({ Action: ["ecs:*", "cs:Describe????Info"] }));
    assert.ok(allows({ Resource: "acs:cs:*:*:cluster/?1" }));
    assert.ok(!allows({ Resource: "acs:cs:*:*:CLUSTER/*" }));
  });
});

describe("conditions", () => {
  const cases: readonly [string, unknown, PolicyContext[string], boolean][] = [
    ["StringEquals", "a", "a", true],
    ["StringEquals", ["b", "a"], "a", true],
    ["StringEquals", "a", "A", false],
    ["StringEquals", "a*", "ab", false],
    ["StringEquals", "a", ["b", "a"], true],
    ["StringEquals", "a", undefined, false],
    ["StringNotEquals", "a", "b", true],
    ["StringNotEquals", ["a", "b"], "b", false],
    ["StringNotEquals", "a", ["b", "a"], false],
    ["StringNotEquals", "a", undefined, true],
    ["StringLike", "cn-*", "cn-hangzhou", true],
    ["StringLike", "cn-?", "cn-hangzhou", false],
    ["StringNotLike", "cn-*", "cn-hangzhou", false],
    ["StringNotLike", ["cn-*", "us-*"], "eu-central-1", true],
    ["StringNotLike", "cn-*", undefined, true],
    ["StringEqualsIgnoreCase", "Ab", "aB", true],
    ["StringEqualsIgnoreCase", "Ab", "abc", false],
    ["StringNotEqualsIgnoreCase", "Ab", "aB", false],
    ["StringNotEqualsIgnoreCase", "Ab", "b", true],
    ["NumericEquals", "10", "10.0", true],
    ["NumericEquals", "10", "11", false],
    ["NumericNotEquals", "10", "10", false],
    ["NumericNotEquals", "10", "11", true],
    ["NumericLessThan", "10", "9", true],
    ["NumericLessThan", "10", "10", false],
    ["NumericLessThan", "10", "", false],
    ["NumericLessThan", "10", "few", false],
    ["NumericLessThanEquals", "10", "10", true],
    ["NumericLessThanEquals", "10", "10.1", false],
    ["NumericGreaterThan", "10", "11", true],
    ["NumericGreaterThan", "10", "10", false],
    ["NumericGreaterThanEquals", "10", "10", true],
    ["NumericGreaterThanEquals", "10", "9", false],
    ["IpAddress", "10.0.0.0/8", "10.255.0.1", true],
    ["IpAddress", ["192.168.0.0/16", "10.0.0.1"], "10.0.0.2", false],
    ["IpAddress", "10.0.0.0/8", "::ffff:10.0.0.1", true],
    ["IpAddress", "10.0.0.0/8", "not an address", false],
    ["IpAddress", "10.0.0.0/8", undefined, false],
    ["NotIpAddress", "10.0.0.0/8", "10.255.0.1", false],
    ["NotIpAddress", ["10.0.0.0/8", "::1"], "192.0.2.1", true],
    ["NotIpAddress", "10.0.0.0/8", "not an address", true],
    ["DateEquals", "2026-01-02T11:04:05+08:00", "2026-01-02T03:04:05Z", true],
    ["DateEquals", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", false],
    ["DateNotEquals", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", false],
    ["DateNotEquals", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", true],
    ["DateLessThanEquals", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", true],
    ["DateLessThanEquals", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", false],
    ["DateGreaterThanEquals", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", true],
    ["DateGreaterThanEquals", "2026-01-02T03:04:05Z", "2026-01-02T03:04:04Z", false],
    ["DateLessThan", "2026-01-02T03:04:05Z", "2026-01-02T03:04:04Z", true],
    ["DateLessThan", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", false],
    ["DateLessThan", "2026-01-02T11:04:05+08:00", "2026-01-02T03:04:04Z", true],
    ["DateLessThan", "2026-01-02T03:04:05Z", "never", false],
    ["DateGreaterThan", "2026-01-02", "2026-01-02T00:00:01Z", true],
    ["DateGreaterThan", "2026-01-02", "2026-01-02T00:00:00Z", false],
    ["DateGreaterThan", "2026-01-02", "2026-01-01T23:59:59Z", false],
    ["Bool", "true", true, true],
    ["Bool", true, "True", true],
    ["Bool", "false", true, false],
    ["Bool", "false", undefined, false],
  ];
  for (const [operator, wanted, value, expected] of cases)
    test(`${operator} ${JSON.stringify(wanted)} with ${JSON.stringify(value)}: ${expected}`, () => {
      const Condition = { [operator]: { "acs:Key": wanted } };
      assert.equal(allows({ Condition }, { "acs:Key": value }), expected);
    });

  test("operators and keys are joined by and", () => {
    const Condition = {
      IpAddress: { "acs:SourceIp": "10.0.0.0/8" },
      StringEquals: { "acs:Region": "cn-beijing", "acs:Zone": "a" },
    };
    const context = { "acs:SourceIp": "10.1.1.1", "acs:Region": "cn-beijing", "acs:Zone": "a" };
    assert.ok(allows({ Condition }, context));
    for (const key of Object.keys(context))
      assert.ok(!allows({ Condition }, { ...context, [key]: "other" }), key);
  });

  test("names that every object has are no condition keys", () => {
    assert.ok(!allows({ Condition: { StringLike: { constructor: "*" } } }));
    assert.ok(!allows({ Condition: { StringLike: { toString: "*" } } }));
  });
});

test("evaluation never throws, whatever is asked", () => {
  const policies = [
    named("p", everything),
    named("q", {
      ...everything,
      Effect: "Deny",
      Condition: {
        StringLike: { a: "*x?" },
        IpAddress: { a: "2001:db8::/33" },
        DateLessThan: { a: "2026-01-01" },
        StringNotEquals: { a: "" },
      },
    }),
  ];
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, fc.oneof(text, fc.array(text)), (action, resource, a) => {
      assert.equal(
        typeof evaluate(policies, { action, resource, context: { a } }).allowed,
        "boolean",
      );
    }),
  );
});
