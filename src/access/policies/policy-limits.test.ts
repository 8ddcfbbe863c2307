import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openFixture } from "../../../test/support/access-fixture.ts";

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
