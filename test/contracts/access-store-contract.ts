import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type {
  AccessChange,
  AccessStore,
  AuditRecord,
  StoredKey,
} from "../../src/store/access-store.ts";
import { brokenLink, EMPTY_CHAIN } from "../../src/store/audit-chain.ts";

export interface AccessStoreHarness {
  readonly name: string;
  /** A new and empty store. */
  open(): Promise<AccessStore>;
  /** The same data once more, after `close`; absent: the adapter keeps nothing beyond its process. */
  readonly reopen?: (store: AccessStore) => Promise<AccessStore>;
}

export const key = (id: string, over: Partial<StoredKey> = {}): StoredKey => ({
  id,
  account: "a",
  principal: `acs:ram::a:user/${id}`,
  sealed: "sealed",
  enabled: true,
  createdAt: 1,
  ...over,
});

export const record = (over: Partial<AuditRecord> = {}): AuditRecord => ({
  at: 1_700_000_000_000,
  account: "a",
  actor: "acs:ram::a:user/ada",
  accessKeyId: "LTAI1",
  source: "127.0.0.1",
  action: "cs:ScaleOutCluster",
  resource: "acs:cs:cn-hangzhou:a:cluster/c1",
  requestId: "r-1",
  outcome: "done",
  status: 202,
  code: "",
  reason: "",
  taskId: "T-1",
  count: 1,
  ...over,
});

/** What every AccessStore promises. */
export function accessStoreContract(harness: AccessStoreHarness): void {
  describe(`access store: ${harness.name}`, () => {
    const opened: AccessStore[] = [];
    const open = async () => {
      const store = await harness.open();
      opened.push(store);
      return store;
    };
    after(() => Promise.all(opened.map((store) => store.close())));

    changes(open);
    nonces(open);
    audit(open);
    closing(open, harness);
  });
}

type Open = () => Promise<AccessStore>;

function changes(open: Open): void {
  const accountA = { id: "a", name: "Ada", createdAt: 1 };
  const attachment = { account: "a", policy: "p", kind: "key", target: "k1" } as const;
  const policy = { account: "a", name: "p", document: { Version: "1" } };

  test("is empty when new", async () => {
    assert.deepEqual(await (await open()).load(), {
      accounts: [],
      keys: [],
      policies: [],
      attachments: [],
      roles: [],
      uses: [],
      unreadable: [],
      marks: {},
    });
  });

  test("shows what was put, once it has resolved", async () => {
    const store = await open();
    await store.write({
      changes: [
        { type: "put-account", account: accountA },
        { type: "put-key", key: key("k1") },
        { type: "put-policy", policy },
        { type: "attach", attachment },
        { type: "put-mark", name: "m", value: "1" },
      ],
    });
    const records = await store.load();
    assert.deepEqual(records.accounts, [accountA]);
    assert.deepEqual(records.keys, [key("k1")]);
    assert.deepEqual(
      records.policies.map((one) => ({ ...one })),
      [policy],
    );
    assert.deepEqual(
      records.attachments.map((one) => ({ ...one })),
      [attachment],
    );
    assert.equal(records.marks["m"], "1");
  });

  test("a put replaces, and a second attachment is the same one", async () => {
    const store = await open();
    const twice: AccessChange[] = [
      { type: "put-key", key: key("k1") },
      { type: "put-key", key: key("k1", { enabled: false }) },
      { type: "attach", attachment },
      { type: "attach", attachment },
      { type: "put-policy", policy },
      { type: "put-policy", policy: { ...policy, document: { Version: "2" } } },
    ];
    await store.write({ changes: twice });
    const records = await store.load();
    assert.deepEqual(records.keys, [key("k1", { enabled: false })]);
    assert.equal(records.attachments.length, 1);
    assert.deepEqual(records.policies[0]?.document, { Version: "2" });
  });

  test("removing takes away, also what is not there", async () => {
    const store = await open();
    await store.write({
      changes: [
        { type: "put-key", key: key("k1") },
        { type: "put-policy", policy },
        { type: "attach", attachment },
      ],
    });
    const removals: AccessChange[] = [
      { type: "remove-key", id: "k1" },
      { type: "remove-policy", account: "a", name: "p" },
      { type: "detach", attachment },
    ];
    await store.write({ changes: removals });
    await store.write({ changes: removals });
    const { keys, policies, attachments } = await store.load();
    assert.deepEqual({ keys, policies, attachments }, { keys: [], policies: [], attachments: [] });
  });

  test("keeps roles by account and name, and uses of keys that exist", async () => {
    const store = await open();
    const role = {
      account: "a",
      name: "r",
      id: "3",
      description: "",
      trust: { Version: "1" },
      maxSessionSeconds: 3_600,
      createdAt: 1,
    };
    const use = { id: "k1", at: 5, source: "192.0.2.1", action: "cs:DescribeTaskInfo" };
    await store.write({
      changes: [
        { type: "put-role", role },
        { type: "put-role", role: { ...role, account: "b" } },
        { type: "put-role", role: { ...role, description: "new" } },
        { type: "remove-role", account: "b", name: "r" },
        { type: "put-key", key: key("k1", { expiresAt: 9, networks: ["10.0.0.0/8"] }) },
        { type: "put-use", use: { ...use, at: 4 } },
        { type: "put-use", use },
        { type: "put-use", use: { ...use, id: "nobody" } },
      ],
    });
    const { roles, uses, keys } = await store.load();
    assert.deepEqual(roles, [{ ...role, description: "new" }]);
    assert.deepEqual(uses, [use]);
    assert.deepEqual(keys, [key("k1", { expiresAt: 9, networks: ["10.0.0.0/8"] })]);
    await store.write({ changes: [{ type: "remove-key", id: "k1" }] });
    assert.deepEqual((await store.load()).uses, []);
  });

  test("policies of one name in two accounts are two", async () => {
    const store = await open();
    await store.write({
      changes: [
        { type: "put-policy", policy },
        { type: "put-policy", policy: { ...policy, account: "b" } },
        { type: "remove-policy", account: "b", name: "p" },
      ],
    });
    assert.deepEqual(
      (await store.load()).policies.map(({ account }) => account),
      ["a"],
    );
  });
}

function nonces(open: Open): void {
  test("batches are given back while they must be known, oldest first", async () => {
    const store = await open();
    await store.write({ nonces: [{ keptUntil: 300, hashes: "x" }] });
    await store.write({
      nonces: [
        { keptUntil: 100, hashes: "y" },
        { keptUntil: 200, hashes: "z" },
      ],
    });
    const left = await store.readNonces(200);
    assert.deepEqual(
      left.map(({ keptUntil, hashes }) => [keptUntil, hashes]),
      [
        [300, "x"],
        [200, "z"],
      ],
    );
  });

  test("what need not be known is dropped when asked", async () => {
    const store = await open();
    await store.write({
      nonces: [
        { keptUntil: 100, hashes: "y" },
        { keptUntil: 200, hashes: "z" },
      ],
    });
    await store.write({ forgetNoncesBefore: 200 });
    assert.equal((await store.readNonces(0)).length, 1);
  });
}

function audit(open: Open): void {
  test("entries are numbered and chained in the order they were written", async () => {
    const store = await open();
    assert.deepEqual(await store.auditHead(), EMPTY_CHAIN);
    const writes = Array.from({ length: 40 }, (_, i) =>
      store.write({ audit: [record({ requestId: `r-${i}` })] }),
    );
    await Promise.all(writes);
    const entries = await store.readAudit({ after: 0, limit: 100 });
    assert.deepEqual(
      entries.map(({ requestId }) => requestId),
      Array.from({ length: 40 }, (_, i) => `r-${i}`),
    );
    let head = EMPTY_CHAIN;
    for (const entry of entries) {
      assert.equal(brokenLink(head, entry), undefined);
      head = { seq: entry.seq, hash: entry.hash };
    }
    assert.deepEqual(await store.auditHead(), head);
  });

  test("pages go on after a number, in both directions", async () => {
    const store = await open();
    const ids = ["1", "2", "3", "4"];
    await store.write({ audit: ids.map((requestId) => record({ requestId })) });
    const page = await store.readAudit({ after: 1, limit: 2 });
    assert.deepEqual(
      page.map(({ requestId }) => requestId),
      ["2", "3"],
    );
    const newest = await store.readAudit({ after: 4, limit: 2, newestFirst: true });
    assert.deepEqual(
      newest.map(({ requestId }) => requestId),
      ["3", "2"],
    );
  });

  test("an account sees its own entries only", async () => {
    const store = await open();
    await store.write({ audit: [record(), record({ account: "b" }), record()] });
    const own = await store.readAudit({ account: "b", after: 0, limit: 10 });
    assert.deepEqual(
      own.map(({ seq, account }) => [seq, account]),
      [[2, "b"]],
    );
  });
}

function closing(open: Open, { reopen }: AccessStoreHarness): void {
  test("a closed store says so", async () => {
    const store = await open();
    await store.close();
    await store.close();
    await assert.rejects(store.load(), { code: "StoreUnavailable" });
    await assert.rejects(store.write({}), { code: "StoreUnavailable" });
  });

  if (reopen === undefined) return;
  test("everything is there after it was opened again, and the chain goes on", async () => {
    const store = await open();
    await store.write({
      changes: [{ type: "put-key", key: key("k1") }],
      nonces: [{ keptUntil: 9, hashes: "x" }],
      audit: [record()],
    });
    await store.close();
    const again = await reopen(store);
    try {
      assert.deepEqual((await again.load()).keys, [key("k1")]);
      assert.equal((await again.readNonces(0)).length, 1);
      await again.write({ audit: [record()] });
      const [first, second] = await again.readAudit({ after: 0, limit: 10 });
      assert.equal(second?.seq, 2);
      assert.equal(second?.previous, first?.hash);
    } finally {
      await again.close();
    }
  });
}
