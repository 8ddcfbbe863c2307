import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_ACCOUNT, openFixture } from "../../../test/support/access-fixture.ts";
import type { AccessRecords, AccessStore } from "../../store/access-store.ts";

const ALLOW = { Version: "1", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** A directory with a restricted key, a role that trusts one user, a session, and another account. */
async function withKeys() {
  const { store, clock, makeKey, asOperator, api } = await openFixture();
  const { accessKeyId } = await makeKey({ user: "ada" });
  await asOperator("AttachPolicy", { name: "p", accessKeyId, document: ALLOW });
  const trust = {
    Version: "1",
    Statement: [
      {
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { RAM: `acs:ram::${DEFAULT_ACCOUNT}:user/ada` },
      },
    ],
  };
  await asOperator("CreateRole", { role: "r", assumeRolePolicyDocument: trust });
  const other = await makeKey({ account: "200" });
  const author = { account: DEFAULT_ACCOUNT, actor: "", accessKeyId, source: "", requestId: "" };
  const session = String((await api.call("AssumeRole", { role: "r" }, author))["accessKeyId"]);
  const reopened = (damage: (records: AccessRecords) => Partial<AccessRecords>) => {
    const damaged: AccessStore = Object.assign(Object.create(store), {
      load: async () => {
        const records = await store.load();
        return { ...records, ...damage(records) };
      },
      readNonces: store.readNonces.bind(store),
    });
    return openFixture({ store: damaged, clock });
  };
  return { accessKeyId, session, other: other.accessKeyId, reopened };
}

describe("row 4: a record that cannot be used stops no start", () => {
  test("of a key: the key and all that come from it are refused", async () => {
    const { accessKeyId, session, other, reopened } = await withKeys();
    const { ring } = await reopened(({ keys }) => ({
      keys: keys.map((key) => (key.id === accessKeyId ? { ...key, enabled: 1 as never } : key)),
    }));
    assert.deepEqual(ring.unsound, [{ kind: "key", id: accessKeyId }]);
    assert.equal(ring.entry(accessKeyId), undefined);
    assert.equal(ring.entry(session)?.credential.enabled, false);
    assert.equal(ring.entry(other)?.rights, "full");
  });

  test("of an account: its keys are refused, and its id is not given again", async () => {
    const { accessKeyId, other, reopened } = await withKeys();
    const { ring, asOperator } = await reopened(({ accounts }) => ({
      accounts: accounts.filter(({ id }) => id !== "200"),
      unreadable: [{ kind: "account", id: "200" }],
    }));
    assert.equal(ring.entry(other)?.credential.enabled, false);
    assert.equal(ring.entry(accessKeyId)?.credential.enabled, true);
    await assert.rejects(asOperator("CreateAccount", { account: "200" }), {
      code: "ResourceExists",
    });
    await assert.rejects(asOperator("CreateAccessKey", { account: "200" }));
  });

  test("of a policy: what it is attached to may do nothing", async () => {
    const { accessKeyId, reopened } = await withKeys();
    const { ring, asOperator } = await reopened(() => ({
      policies: [],
      unreadable: [{ kind: "policy", id: `${DEFAULT_ACCOUNT}/p` }],
    }));
    const told = await asOperator("ExplainPolicy", { accessKeyId, action: "cs:X" });
    assert.deepEqual([told["allowed"], told["decidedBy"]], [false, "p"]);
    assert.equal(ring.unsound.length, 1);
  });

  test("of an attachment of no known kind: its target may do nothing", async () => {
    const { accessKeyId, reopened } = await withKeys();
    const { asOperator } = await reopened(({ attachments }) => ({
      attachments: attachments.map((one) => ({ ...one, kind: "kez" as never })),
    }));
    const told = await asOperator("ExplainPolicy", { accessKeyId, action: "cs:X" });
    assert.equal(told["allowed"], false);
  });

  test("of a role: its sessions are refused, and it trusts nobody", async () => {
    const { accessKeyId, session, reopened } = await withKeys();
    const { ring, api } = await reopened(() => ({
      roles: [],
      unreadable: [{ kind: "role", id: `${DEFAULT_ACCOUNT}/r` }],
    }));
    assert.equal(ring.entry(session)?.credential.enabled, false);
    const author = { account: DEFAULT_ACCOUNT, actor: "", accessKeyId, source: "", requestId: "" };
    await assert.rejects(api.call("AssumeRole", { role: "r" }, author), {
      code: "AccountMismatch",
    });
  });
});
