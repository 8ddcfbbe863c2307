import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Fixture,
  type FixtureOptions,
  openFixture,
  signedCall,
} from "../../../test/support/access-fixture.ts";
import type { StoredKey } from "../../store/access-store.ts";

/** Goes on with the store of a fixture in which the sealed secret of one key was changed. */
async function damaged(before: Fixture, id: string, options: FixtureOptions = {}) {
  const key = before.ring.key(id) as StoredKey;
  const sealed = `${key.sealed.slice(0, -8)}AAAAAAA=`;
  await before.store.write({ changes: [{ type: "put-key", key: { ...key, sealed } }] });
  return openFixture({ store: before.store, clock: before.clock, ...options });
}

async function codeOf({ control, clock }: Fixture, key: Parameters<typeof signedCall>[0]) {
  const answer = await control.identify(signedCall(key, clock));
  return "code" in answer ? answer.code : answer.account;
}

describe("a key whose stored secret is damaged", () => {
  test("is refused as a disabled key, and the others work", async () => {
    const before = await openFixture();
    const [broken, whole] = [await before.makeKey(), await before.makeKey({ account: "200" })];
    await before.asOperator("DisableAccessKey", { accessKeyId: whole.accessKeyId });
    const disabled = await codeOf(before, whole);
    await before.asOperator("EnableAccessKey", { accessKeyId: whole.accessKeyId });
    const after = await damaged(before, broken.accessKeyId);
    assert.equal(await codeOf(after, broken), disabled);
    assert.equal(await codeOf(after, whole), "200");
  });

  test("lets nobody in while only its id is checked, and makes no session", async () => {
    const before = await openFixture({ mode: "known" });
    const key = await before.makeKey();
    const after = await damaged(before, key.accessKeyId, { mode: "known" });
    assert.equal(await codeOf(after, key), "InvalidAccessKeyId.Inactive");
    const { account, accessKeyId } = key;
    const author = { account, actor: "", accessKeyId, source: "", requestId: "" };
    await assert.rejects(after.api.call("AssumeRole", {}, author), { code: "AccountMismatch" });
  });

  test("is named in the log once, and in the posture", async () => {
    const before = await openFixture();
    const key = await before.makeKey();
    const after = await damaged(before, key.accessKeyId);
    const posture = JSON.stringify(await after.asOperator("DescribeSecurity"));
    assert.match(posture, new RegExp(`cannot be used: key ${key.accessKeyId}`));
    assert.deepEqual(after.ring.unsound, [{ kind: "key", id: key.accessKeyId }]);
    await codeOf(after, key);
    const told = after.logged.filter(({ message }) => /secret of an access key/.test(message));
    assert.equal(told.length, 1);
    assert.match(JSON.stringify(told), new RegExp(key.accessKeyId));
  });

  test("can be deleted, and is then no longer named", async () => {
    const before = await openFixture();
    const { accessKeyId } = await before.makeKey();
    const after = await damaged(before, accessKeyId);
    assert.equal(after.ring.entry(accessKeyId)?.credential.enabled, false);
    await after.asOperator("DeleteAccessKey", { accessKeyId });
    assert.deepEqual(after.ring.unsound, []);
  });
});
