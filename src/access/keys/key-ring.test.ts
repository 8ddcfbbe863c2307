import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { openFixture } from "../../../test/support/access-fixture.ts";
import type { KeyRing } from "./key-ring.ts";

const DENY_CS = {
  Version: "1",
  Statement: [{ Effect: "Deny", Action: "cs:*", Resource: "*" }],
};

/** The sets of policies that a key is held to; undefined: none. */
function everyOf(ring: KeyRing, id: unknown) {
  const rights = ring.entry(String(id))?.rights;
  return rights === "full" ? undefined : rights?.every.map(({ policies }) => policies);
}

describe("keys in memory", () => {
  test("sign as their account and user", async () => {
    const { ring, makeKey } = await openFixture();
    const { accessKeyId } = await makeKey({ user: "ada" });
    const { credential, rights } = ring.entry(accessKeyId) ?? {};
    assert.equal(credential?.accountId, "1000000000000001");
    assert.equal(credential?.principal, "acs:ram::1000000000000001:user/ada");
    assert.equal(credential?.enabled, true);
    assert.equal(rights, "full");
  });

  test("are the same after a restart, with the same secrets", async () => {
    const before = await openFixture();
    const { accessKeyId } = await before.makeKey();
    const signature = before.ring.entry(accessKeyId)?.credential.secret.signAcs3("text");
    const after = await openFixture({ store: before.store });
    assert.equal(after.ring.entry(accessKeyId)?.credential.secret.signAcs3("text"), signature);
  });

  test("with another secret.key are refused with a message", async () => {
    const { store } = await openFixture();
    await assert.rejects(openFixture({ store, secretKey: Buffer.alloc(32, 9) }), {
      code: "StoreUnavailable",
      message: /encrypted with another secret key/,
    });
  });

  test("changes take effect at once", async () => {
    const { ring, asOperator, makeKey } = await openFixture();
    const { accessKeyId } = await makeKey();
    await asOperator("DisableAccessKey", { accessKeyId });
    assert.equal(ring.entry(accessKeyId)?.credential.enabled, false);
    await asOperator("EnableAccessKey", { accessKeyId });
    assert.equal(ring.entry(accessKeyId)?.credential.enabled, true);
    await asOperator("AttachPolicy", { name: "p", document: DENY_CS, accessKeyId });
    assert.equal(everyOf(ring, accessKeyId)?.length, 1);
    await asOperator("DetachPolicy", { name: "p", accessKeyId });
    assert.equal(ring.entry(accessKeyId)?.rights, "full");
    await asOperator("DeleteAccessKey", { accessKeyId });
    assert.equal(ring.entry(accessKeyId), undefined);
  });

  test("a temporary key is invalid without the key it was made with", async () => {
    const { ring, api, asOperator, makeKey } = await openFixture();
    const parent = await makeKey();
    const author = {
      account: parent.account,
      actor: "a",
      accessKeyId: parent.accessKeyId,
      source: "",
      requestId: "",
    };
    const made = await api.call("AssumeRole", {}, author);
    const id = String(made["accessKeyId"]);
    assert.equal(ring.entry(id)?.credential.enabled, true);
    await asOperator("DisableAccessKey", { accessKeyId: parent.accessKeyId });
    assert.equal(ring.entry(id)?.credential.enabled, false);
    await asOperator("DeleteAccessKey", { accessKeyId: parent.accessKeyId });
    assert.equal(ring.entry(id)?.credential.enabled, false);
  });

  test("a temporary key may do what both its role's policies and its session policy allow", async () => {
    const { ring, asOperator } = await openFixture();
    await asOperator("AttachPolicy", { name: "p", document: DENY_CS, role: "ops" });
    const made = await asOperator("AssumeRole", { role: "ops", policy: DENY_CS });
    assert.deepEqual(
      everyOf(ring, made["accessKeyId"])?.map((policies) => policies.map(({ name }) => name)),
      [["p"], ["(session policy)"]],
    );
    const bare = await asOperator("AssumeRole", { role: "nobody" });
    assert.deepEqual(everyOf(ring, bare["accessKeyId"]), [[]]);
  });

  test("from the configuration file sign, and are not stored", async () => {
    const configured = { accessKeyId: "LTAIfile", accessKeySecret: "s3cret", account: "200" };
    const { ring, store, asOperator } = await openFixture({ keys: [configured] });
    assert.equal(ring.entry("LTAIfile")?.credential.accountId, "200");
    assert.equal(ring.account("200")?.id, "200");
    assert.deepEqual((await store.load()).keys, []);
    await assert.rejects(asOperator("DeleteAccessKey", { accessKeyId: "LTAIfile" }), {
      code: "ResourceBusy",
      message: /comes from the configuration file/,
    });
  });

  test("show nothing of a secret when they are printed", async () => {
    const { ring, makeKey } = await openFixture();
    const { accessKeyId, accessKeySecret } = await makeKey();
    const entry = ring.entry(accessKeyId);
    const shown = inspect(entry, { depth: 9, showHidden: true }) + JSON.stringify(entry);
    assert.ok(!shown.includes(accessKeySecret));
  });
});
