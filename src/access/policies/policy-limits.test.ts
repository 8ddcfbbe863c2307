import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openFixture } from "../../../test/support/access-fixture.ts";
import { decisionOf } from "../../auth/policy/decision.ts";
import { parsePolicy } from "../../auth/policy/policy-document.ts";
import type { JsonObject } from "../../core/json.ts";
import { CONDITION_KEYS } from "./judge.ts";

const allow = (...resources: string[]) => ({
  Version: "1",
  Statement: [{ Effect: "Allow", Action: "cs:*", Resource: resources }],
});
const cluster = (length: number) => `acs:cs:*:*:cluster/${"x".repeat(length - 19)}`;

/** A document of so many characters. */
function sized(characters: number) {
  const least = JSON.stringify(allow(cluster(20))).length;
  return allow(cluster(20 + characters - least));
}

describe("row 6: the limits of policies", () => {
  test("a policy has at most 6,144 characters", async () => {
    const door = await openFixture();
    const { accessKeyId } = await door.makeKey();
    const attach = (characters: number) =>
      door.asOperator("AttachPolicy", { name: "p", accessKeyId, document: sized(characters) });
    await attach(6_144);
    await assert.rejects(attach(6_145), {
      message:
        "the policy cannot be used: it has 6145 characters, expected at most 6144; split it into several policies",
    });
  });

  test("the policy of a session has at most 2,048 characters", async () => {
    const door = await openFixture();
    const assume = (characters: number) =>
      door.asOperator("AssumeRole", { role: "ops", policy: sized(characters) });
    await assume(2_048);
    await assert.rejects(assume(2_049), /2049 characters, expected at most 2048/);
  });

  test("a policy with many mistakes is told the first of them", async () => {
    const door = await openFixture();
    const { accessKeyId } = await door.makeKey();
    const document = { Version: "1", Statement: Array.from({ length: 1_000 }, () => 0) };
    const attach = door.asOperator("AttachPolicy", { name: "p", accessKeyId, document });
    await assert.rejects(attach, /; and 980 more$/);
  });
});

describe("row 36: a condition or a text that never fits is refused when it is attached", () => {
  const attached = async (statement: JsonObject) => {
    const door = await openFixture();
    const { accessKeyId } = await door.makeKey();
    const Statement = [{ Effect: "Deny", Action: "cs:*", Resource: "*", ...statement }];
    const document = { Version: "1", Statement };
    await door.asOperator("AttachPolicy", { name: "p", accessKeyId, document });
  };
  const under = (operator: string, key: string, value: string) =>
    attached({ Condition: { [operator]: { [key]: value } } });

  for (const [operator, key, value, fitting] of [
    ["IpAddress", "acs:PrincipalArn", "10.0.0.0/8", "acs:SourceIp"],
    ["NotIpAddress", "acs:CurrentTime", "10.0.0.0/8", "acs:SourceIp"],
    ["DateLessThan", "acs:SourceIp", "2026-01-01", "acs:CurrentTime"],
    ["DateNotEquals", "acs:PrincipalArn", "2026-01-01", "acs:CurrentTime"],
    ["Bool", "acs:SourceIp", "true", "acs:SecureTransport"],
    ["NumericEquals", "acs:SourceIp", "10", "no key that there is"],
    ["NumericNotEquals", "acs:CurrentTime", "10", "no key that there is"],
  ] as const)
    test(`${operator} of ${key}`, () =>
      assert.rejects(under(operator, key, value), {
        code: "InvalidParameter",
        message: `the policy cannot be used: Statement[0].Condition.${operator} has the key "${key}", expected ${fitting}, because it compares nothing else`,
      }));

  test("each operator of its own key, and texts of every key, are taken", async () => {
    await under("IpAddress", "acs:SourceIp", "10.0.0.0/8");
    await under("NotIpAddress", "acs:SourceIp", "10.0.0.0/8");
    await under("DateGreaterThan", "acs:CurrentTime", "2026-01-01");
    await under("Bool", "acs:SecureTransport", "true");
    for (const key of CONDITION_KEYS) await under("StringNotLike", key, "x*");
  });

  test("a variable, which nothing replaces", async () => {
    const message =
      "the policy cannot be used: it has a variable ($ and {), expected none; write the value itself, or * for any";
    const variable = `$${"{acs:PrincipalArn}"}`;
    await assert.rejects(attached({ Resource: `acs:cs:*:*:cluster/${variable}` }), { message });
    await assert.rejects(under("StringEquals", "acs:PrincipalArn", variable), { message });
  });
});

describe("row 5: deciding", () => {
  test("takes milliseconds, with as many policies of the longest kind as a chain may have", () => {
    const id = "a".repeat(250);
    const asked = { action: "cs:Read", resource: `acs:cs:cn-hangzhou:1:cluster/${id}` };
    for (const Resource of [
      Array.from({ length: 45 }, () => `acs:*${"a".repeat(120)}b`),
      Array.from({ length: 600 }, () => "acs:*b"),
      Array.from({ length: 20 }, () => `acs:${"*a".repeat(124)}b*c`),
      [`acs:*${"a?".repeat(100)}b`, `acs:*${"a?".repeat(100)}b`],
      [`acs:${"?".repeat(6_000)}`],
    ]) {
      const document = { Version: "1", Statement: [{ Effect: "Deny", Action: "*", Resource }] };
      assert.ok(JSON.stringify(document).length <= 6_144);
      const parsed = parsePolicy(document);
      assert.ok(parsed.ok);
      const policies = Array.from({ length: 50 }, () => ({ name: "p", policy: parsed.policy }));
      const link = { kind: "key", name: "LTAI1" } as const;
      const rights = { every: Array.from({ length: 8 }, () => ({ link, policies })) };
      const startedAt = performance.now();
      assert.equal(decisionOf(rights, asked, {}).allowed, false);
      // Before, the first of these took 7 seconds.
      assert.ok(performance.now() - startedAt < 1_500, String(Resource[0]).slice(0, 20));
    }
  });
});

describe("row 5: explaining a policy", () => {
  test("takes no text that is longer than a real one", async () => {
    const door = await openFixture();
    const { accessKeyId } = await door.makeKey();
    await door.asOperator("AttachPolicy", { name: "p", accessKeyId, document: sized(6_000) });
    const explain = (asked: Record<string, string | object>) =>
      door.asOperator("ExplainPolicy", { accessKeyId, action: "cs:DescribeTaskInfo", ...asked });
    const long = "x".repeat(60_000);
    await assert.rejects(
      explain({ resource: long }),
      /^resource has 60000 characters; give at most 1024|60000/,
    );
    await assert.rejects(explain({ action: long }), /60000/);
    await assert.rejects(explain({ context: { "acs:SourceIp": long } }), /60000/);
  });
});
