import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_ACCOUNT, openFixture } from "../../../test/support/access-fixture.ts";
import type { AccessRecords, AccessStore, StoredKey } from "../../store/access-store.ts";

const ALLOW = { Version: "1", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** A fixture that begins with these records. */
async function withRecords(records: Partial<AccessRecords>) {
  const { store } = await openFixture();
  const filled: AccessStore = Object.assign(Object.create(store), {
    load: async () => ({ ...(await store.load()), ...records }),
    write: store.write.bind(store),
    readNonces: store.readNonces.bind(store),
  });
  return openFixture({ store: filled });
}

const key = (id: string, account: string, expiresAt?: number): StoredKey => ({
  id,
  account,
  principal: `acs:ram::${account}:user/${id}`,
  sealed: "s",
  enabled: true,
  createdAt: 0,
  ...(expiresAt !== undefined && { temporary: { expiresAt } }),
});
const many = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));
const LATER = Date.parse("2030-01-01");

describe("row 6: numbers", () => {
  test("of access keys, temporary keys and accounts end with a message that says how to make room", async () => {
    const { asOperator } = await withRecords({
      keys: [
        ...many(1_000, (i) => key(`LTAI${i}`, DEFAULT_ACCOUNT)),
        ...many(10_000, (i) => key(`STS.${i}`, DEFAULT_ACCOUNT, LATER)),
      ],
      accounts: many(10_000, (i) => ({ id: `a${i}`, name: "a", createdAt: 0 })),
    });
    const code = "ResourceBusy";
    await assert.rejects(asOperator("CreateAccessKey"), {
      code,
      message: /^there are 1000 access keys of the account \d+, and there may be 1000; delete some/,
    });
    await assert.rejects(asOperator("AssumeRole"), {
      code,
      message: /10000; end some with RevokeSessions/,
    });
    await assert.rejects(asOperator("CreateAccount"), { code, message: /10000 accounts/ });
    await asOperator("CreateAccessKey", { account: "a1" });
  });

  test("of temporary keys of all accounts: who has more than its share waits, the others do not", async () => {
    const accounts = many(10, (i) => ({ id: `a${i}`, name: "a", createdAt: 0 }));
    const keys = many(50_000, (i) => key(`STS.${i}`, `a${i % 6}`, LATER));
    const { asOperator } = await withRecords({ accounts, keys });
    await assert.rejects(asOperator("AssumeRole", { account: "a0" }), /there may be 5000/);
    await asOperator("AssumeRole", { account: "a9" });
  });

  test("of policies of one key, of attachments of an account, and of roles", async () => {
    const policies = many(60, (i) => ({
      account: DEFAULT_ACCOUNT,
      name: `p${i}`,
      document: ALLOW,
    }));
    const roles = many(1_000, (i) => ({
      account: DEFAULT_ACCOUNT,
      name: `r${i}`,
      id: "3",
      description: "",
      trust: {},
      maxSessionSeconds: 900,
      createdAt: 0,
    }));
    const attached = many(4_950, (i) => ({
      account: DEFAULT_ACCOUNT,
      kind: "role" as const,
      target: `x${i}`,
      policy: "p0",
    }));
    const { asOperator } = await withRecords({ policies, roles, attachments: attached });
    for (let i = 0; i < 50; i++) await asOperator("AttachPolicy", { name: `p${i}`, role: "one" });
    await assert.rejects(asOperator("AttachPolicy", { name: "p50", role: "one" }), {
      message: /^the role one has 50 policies, and may have 50; /,
    });
    await asOperator("AttachPolicy", { name: "p49", role: "one" });
    await assert.rejects(asOperator("AttachPolicy", { name: "p50", role: "two" }), {
      message: /has 5000 attachments of policies, and may have 5000; /,
    });
    await asOperator("DetachPolicy", { name: "p0", role: "one" });
    await asOperator("AttachPolicy", { name: "p50", role: "two" });
    await assert.rejects(asOperator("CreateRole", { role: "more" }), /1000 roles/);
  });

  test("of keys that a temporary key comes from", async () => {
    const { makeKey, api, ring } = await openFixture();
    let { accessKeyId } = await makeKey();
    const deeper = async () => {
      const author = {
        account: DEFAULT_ACCOUNT,
        actor: "",
        accessKeyId,
        source: "",
        requestId: "",
      };
      accessKeyId = String((await api.call("AssumeRole", {}, author))["accessKeyId"]);
    };
    for (let i = 0; i < 7; i++) await deeper();
    assert.equal(ring.entry(accessKeyId)?.rights, "full");
    await assert.rejects(deeper(), { message: /^a temporary key can come from at most 7 others/ });
  });
});
