import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CallChoices,
  DEFAULT_ACCOUNT,
  type MadeKey,
  openFixture,
  signedCall,
} from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";

const DAY = 86_400_000;
const ALLOW = { Version: "1", Statement: [{ Effect: "Allow", Action: "cs:*", Resource: "*" }] };

async function withKey(parameters: JsonObject = {}) {
  const fixture = await openFixture();
  const { control, clock, api, ring } = fixture;
  const key = await fixture.makeKey(parameters);
  const said = async (made: MadeKey, over: CallChoices = {}) => {
    const answer = await control.identify(signedCall(made, clock, over));
    return "code" in answer ? answer.code : "in";
  };
  const sessionOf = async (made: MadeKey, parameters: JsonObject = {}) => {
    const actor = ring.key(made.accessKeyId)?.principal ?? "";
    const author = { account: made.account, actor, accessKeyId: made.accessKeyId };
    const call = { ...author, source: "192.0.2.1", requestId: "r" };
    return (await api.call("AssumeRole", parameters, call)) as unknown as MadeKey;
  };
  const watch = async (made: MadeKey) => {
    const call = signedCall(made, clock);
    const caller = await control.identify(call);
    assert.ok(!("code" in caller));
    const told: string[] = [];
    control.watch(call, caller, ({ code }) => void told.push(code));
    return told;
  };
  return { ...fixture, key, said, sessionOf, watch };
}

describe("a key with an end", () => {
  test("is refused from then on, with all that come from it, and their streams end at that moment", async () => {
    const { key, said, sessionOf, watch, clock } = await withKey({ expiresInSeconds: 3_600 });
    const session = await sessionOf(key, { durationSeconds: 43_200 });
    const second = await sessionOf(session, { durationSeconds: 43_200 });
    const told = [await watch(key), await watch(session), await watch(second)];
    await clock.advance(3_599_999);
    assert.deepEqual(told, [[], [], []]);
    await clock.advance(1);
    assert.deepEqual(told, [
      ["InvalidAccessKeyId.Inactive"],
      ["InvalidSecurityToken.Expired"],
      ["InvalidSecurityToken.Expired"],
    ]);
    assert.equal(await said(key), "InvalidAccessKeyId.Inactive");
    assert.equal(await said(session), "InvalidSecurityToken.Expired");
    assert.equal(await said(second), "InvalidSecurityToken.Expired");
  });

  test("can be given another end, which holds for its sessions and open streams too", async () => {
    const { key, said, sessionOf, watch, clock, asOperator } = await withKey();
    const session = await sessionOf(key, { durationSeconds: 43_200 });
    const told = await watch(session);
    const { accessKeyId } = key;
    await asOperator("UpdateAccessKey", { accessKeyId, expiresInSeconds: 60 });
    await clock.advance(60_000);
    assert.deepEqual(told, ["InvalidSecurityToken.Expired"]);
    assert.equal(await said(key), "InvalidAccessKeyId.Inactive");
    await asOperator("UpdateAccessKey", { accessKeyId, neverExpires: true });
    assert.equal(await said(key), "in");
  });

  test("is listed with its end, and says when it has ended", async () => {
    const { clock, asOperator } = await withKey({ expiresInSeconds: 60 });
    const listed = async () =>
      ((await asOperator("ListAccessKeys"))["keys"] as readonly JsonObject[]).map((key) => [
        key["status"],
        key["expiresAt"],
      ]);
    const end = clock.now() + 60_000;
    assert.deepEqual(await listed(), [["enabled", end]]);
    clock.jump(60_000);
    assert.deepEqual(await listed(), [["expired", end]]);
  });
});

describe("row 1: a key that is taken away", () => {
  for (const action of ["DeleteAccessKey", "DisableAccessKey"]) {
    test(`by ${action} ends the streams of all that come from it, at once`, async () => {
      const { key, said, sessionOf, watch, asOperator } = await withKey();
      const session = await sessionOf(key);
      const second = await sessionOf(session);
      const told = [await watch(session), await watch(second)];
      await asOperator(action, { accessKeyId: key.accessKeyId });
      assert.deepEqual(told, [["InvalidAccessKeyId.Inactive"], ["InvalidAccessKeyId.Inactive"]]);
      assert.equal(await said(second), "InvalidAccessKeyId.Inactive");
    });
  }
});

describe("rotation", () => {
  test("makes a key of the same principal and policies; the old one ends after the overlap", async () => {
    const { key, said, clock, asOperator, ring } = await withKey({ user: "ada" });
    const { accessKeyId } = key;
    await asOperator("AttachPolicy", { name: "p", accessKeyId, document: ALLOW });
    const made = (await asOperator("RotateAccessKey", { accessKeyId })) as unknown as MadeKey;
    const before = ring.entry(accessKeyId);
    const after = ring.entry(made.accessKeyId);
    for (const { rights, key } of [before, after].filter((one) => one !== undefined)) {
      const policies = ring.attachedTo(DEFAULT_ACCOUNT, "key", accessKeyId);
      assert.deepEqual(rights, { every: [{ link: { kind: "key", name: key.id }, policies }] });
    }
    assert.equal(after?.key.principal, `acs:ram::${DEFAULT_ACCOUNT}:user/ada`);
    await clock.advance(DAY - 1);
    assert.deepEqual([await said(key), await said(made)], ["in", "in"]);
    await clock.advance(1);
    assert.deepEqual([await said(key), await said(made)], ["InvalidAccessKeyId.Inactive", "in"]);
  });

  test("keeps how long the key lives and where it may be used, and can end the old one at once", async () => {
    const { key, said, asOperator, clock, ring } = await withKey({
      expiresInSeconds: 3_600,
      networks: ["192.0.2.0/24"],
    });
    clock.jump(1_800_000);
    const { accessKeyId } = key;
    const made = await asOperator("RotateAccessKey", { accessKeyId, overlapSeconds: 0 });
    const next = ring.key(String(made["accessKeyId"]));
    assert.equal(next?.expiresAt, clock.now() + 3_600_000);
    assert.deepEqual(next?.networks, ["192.0.2.0/24"]);
    assert.equal(await said(key), "InvalidAccessKeyId.Inactive");
  });

  test("is refused for temporary keys", async () => {
    const { key, sessionOf, asOperator } = await withKey();
    const { accessKeyId } = await sessionOf(key);
    await assert.rejects(asOperator("RotateAccessKey", { accessKeyId }), /is temporary/);
    await assert.rejects(asOperator("UpdateAccessKey", { accessKeyId, neverExpires: true }), {
      code: "InvalidParameter",
    });
  });
});

describe("a key with networks", () => {
  test("is refused from elsewhere, also by way of its sessions", async () => {
    const { key, said, sessionOf } = await withKey({ networks: ["10.0.0.0/8", "2001:db8::/32"] });
    const session = await sessionOf(key);
    for (const made of [key, session]) {
      assert.equal(await said(made, { source: "10.1.2.3" }), "in");
      assert.equal(await said(made, { source: "2001:db8::1" }), "in");
      assert.equal(await said(made, { source: "11.0.0.1" }), "Forbidden.RAM");
      assert.equal(await said(made, { source: "" }), "Forbidden.RAM");
      const other = { dialect: "lingjun", action: "DescribeTask", source: "11.0.0.1" };
      assert.equal(await said(made, other), "NoPermission");
    }
  });

  test("ends streams from elsewhere when it gets them, and opens again without", async () => {
    const { key, said, watch, asOperator, clock } = await withKey();
    const told = await watch(key);
    const { accessKeyId } = key;
    await asOperator("UpdateAccessKey", { accessKeyId, networks: ["10.0.0.0/8"] });
    await clock.advance(0);
    assert.deepEqual(told, ["Forbidden.RAM"]);
    await asOperator("UpdateAccessKey", { accessKeyId, networks: [] });
    assert.equal(await said(key), "in");
  });

  test("says what is wrong with a network", async () => {
    const { asOperator } = await withKey();
    await assert.rejects(asOperator("CreateAccessKey", { networks: ["10.0.0.0/33"] }), {
      message: /^networks has "10\.0\.0\.0\/33"; give addresses or networks such as/,
    });
  });
});

describe("the last use of a key", () => {
  test("is listed at once, written a minute later at most, and there after a restart", async () => {
    const { key, said, clock, asOperator, store, uses } = await withKey();
    const listed = async (call = asOperator) => {
      const { keys } = await call("ListAccessKeys");
      const [one] = keys as readonly JsonObject[];
      return [one?.["lastUsedAt"], one?.["lastUsedFrom"], one?.["lastUsedFor"]];
    };
    assert.deepEqual(await listed(), [undefined, undefined, undefined]);
    const at = clock.now();
    await said(key);
    const expected = [at, "192.0.2.1", "cs:DescribeTaskInfo"];
    assert.deepEqual(await listed(), expected);
    assert.deepEqual((await store.load()).uses, []);
    await clock.advance(60_000);
    assert.equal((await store.load()).uses.length, 1);
    const restarted = await openFixture({ store });
    assert.deepEqual(await listed(restarted.asOperator), expected);
    await said({ ...key, accessKeySecret: "wrong" });
    assert.deepEqual(await listed(), expected);
    await said(key, { action: "CancelTask", method: "POST" });
    await uses.close();
    assert.equal((await store.load()).uses[0]?.action, "cs:CancelTask");
  });
});
