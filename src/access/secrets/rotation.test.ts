import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DEFAULT_ACCOUNT,
  type Fixture,
  type MadeKey,
  openFixture,
  secretSourceOf,
  signedCall,
} from "../../../test/support/access-fixture.ts";
import { OPERATOR } from "../../access/keys/authenticator.ts";
import { DomainError } from "../../core/errors.ts";
import type { AccessStore } from "../../store/access-store.ts";
import { openSqliteAccessStore } from "../../store/sqlite/access/open-access.ts";
import { keyIdOf, sealWith } from "./sealing.ts";
import type { SecretKeySource } from "./secret-keys.ts";

const [OLD, NEW, OTHER] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [
  Buffer,
  Buffer,
  Buffer,
];

/** A source that somebody changes. */
function changing(...keys: Buffer[]) {
  return { ...secretSourceOf(), keys, read: async () => keys };
}

async function isLetIn({ control, clock }: Fixture, key: Parameters<typeof signedCall>[0]) {
  return !("code" in (await control.identify(signedCall(key, clock))));
}

/** A store whose nth write from now on fails: before anything is written, or with all of it. */
function failing(store: AccessStore, nth: number, when: "before" | "after"): AccessStore {
  let writes = 0;
  const write: AccessStore["write"] = async (given) => {
    const fails = ++writes >= nth;
    if (!fails || when === "after") await store.write(given);
    if (fails) throw new DomainError("StoreUnavailable", "the disk is away");
  };
  const bound = Object.create(store) as AccessStore;
  return Object.assign(bound, {
    write,
    load: () => store.load(),
    readNonces: (now: number) => store.readNonces(now),
    readAudit: store.readAudit.bind(store),
  });
}

describe("the secret key is exchanged", () => {
  test("while keys are in use: they go on, and so does everything with the new key alone after a restart", async () => {
    const source = changing(OLD);
    const before = await openFixture({ secretSource: source });
    const key = await before.makeKey();
    source.keys.splice(0, 1, NEW);
    assert.deepEqual(await before.asOperator("RotateSecretKey"), {
      secretKeyId: keyIdOf(NEW),
      source: "the test",
      previousSecretKeyId: keyIdOf(OLD),
    });
    assert.equal(await isLetIn(before, key), true);
    const later = await before.makeKey();
    const after = await openFixture({ store: before.store, secretKey: NEW, clock: before.clock });
    assert.equal(await isLetIn(after, key), true);
    assert.equal(await isLetIn(after, later), true);
    await assert.rejects(openFixture({ store: before.store, secretKey: OLD }), {
      code: "StoreUnavailable",
      message: new RegExp(`found the key ${keyIdOf(OLD)}, and the key ${keyIdOf(NEW)} is needed`),
    });
  });

  test("and the entry is in the audit, without a key", async () => {
    const source = changing(OLD);
    const fixture = await openFixture({ secretSource: source });
    source.keys.unshift(NEW);
    await fixture.asOperator("RotateSecretKey");
    const [entry] = await fixture.audit();
    assert.equal(entry?.action, "taskscribe:RotateSecretKey");
    assert.equal(entry?.resource, `secret-key/${keyIdOf(NEW)}`);
    assert.equal(entry?.actor, OPERATOR);
    const text = JSON.stringify([await fixture.audit(), await fixture.store.load()]);
    for (const key of [OLD, NEW]) assert.ok(!text.includes(key.toString("base64")));
  });

  test("only for another one, and by the operator alone", async () => {
    const fixture = await openFixture({ secretSource: changing(OLD, OTHER) });
    await assert.rejects(fixture.asOperator("RotateSecretKey"), {
      code: "ResourceBusy",
      message: new RegExp(`the test gives the key ${keyIdOf(OLD)}, which is in use; put a new one`),
    });
    const { accessKeyId } = await fixture.makeKey();
    const author = { account: DEFAULT_ACCOUNT, actor: "", accessKeyId, source: "", requestId: "" };
    for (const action of ["RotateSecretKey", "DescribeSecretKey"]) {
      await assert.rejects(fixture.api.call(action, {}, author), {
        code: "AccountMismatch",
        message: /only the command line on the server/,
      });
    }
  });

  test("by a start with the old one behind the new one", async () => {
    const before = await openFixture({ secretSource: changing(OLD) });
    const key = await before.makeKey();
    const { store, clock } = before;
    const between = await openFixture({ store, clock, secretSource: changing(NEW, OTHER, OLD) });
    assert.equal(await isLetIn(between, key), true);
    const after = await openFixture({ store, clock, secretKey: NEW });
    assert.equal(await isLetIn(after, key), true);
  });

  test("and every access key is sealed anew, a few at a time", async () => {
    const source = changing(OLD);
    const fixture = await openFixture({ secretSource: source });
    for (let i = 0; i < 250; i++) await fixture.makeKey({ user: `u${i}` });
    const outdated = async () => (await fixture.asOperator("DescribeSecretKey"))["outdated"];
    assert.deepEqual(await outdated(), { accessKeys: 0 });
    source.keys.unshift(NEW);
    const sealedBefore = fixture.ring.keys.map(({ sealed }) => sealed);
    await fixture.asOperator("RotateSecretKey");
    assert.deepEqual(await outdated(), { accessKeys: 250 });
    await fixture.secrets.reseal(silent);
    assert.deepEqual(await outdated(), { accessKeys: 0 });
    const stored = (await fixture.store.load()).keys.map(({ sealed }) => sealed);
    assert.equal(stored.filter((sealed) => sealedBefore.includes(sealed)).length, 0);
  });

  test("two at once: each exchanges it, one after the other", async () => {
    const keys = [NEW, OTHER];
    const source: SecretKeySource = { ...secretSourceOf(OLD), makeNext: () => keys.shift() ?? OLD };
    const fixture = await openFixture({ secretSource: source });
    const key = await fixture.makeKey();
    await Promise.all([
      fixture.asOperator("RotateSecretKey"),
      fixture.asOperator("RotateSecretKey"),
    ]);
    const after = await openFixture({
      store: fixture.store,
      clock: fixture.clock,
      secretKey: OTHER,
    });
    assert.equal(await isLetIn(after, key), true);
  });
});

describe("an exchange that fails or is interrupted", () => {
  const cases = [1, 2, 3].flatMap((nth) =>
    (["before", "after"] as const).map((when) => ({ nth, when })),
  );
  for (const { nth, when } of cases) {
    test(`at write ${nth}, ${when} it is durable: nothing is lost, and the next start goes on`, async () => {
      const real = await openSqliteAccessStore(":memory:");
      const source = changing(OLD);
      const first = await openFixture({ store: real, secretSource: source });
      const keys: MadeKey[] = [];
      for (let i = 0; i < 150; i++) keys.push(await first.makeKey({ user: `u${i}` }));
      const { clock } = first;
      const store = failing(real, nth, when);
      const running = await openFixture({ store, clock, secretSource: source });
      source.keys.unshift(NEW);
      await running.asOperator("RotateSecretKey").catch(({ code }: DomainError) => {
        assert.equal(code, "StoreUnavailable");
      });
      await running.secrets.reseal(silent);
      await allLetIn(running, keys);
      const after = await openFixture({ store: real, clock, secretSource: changing(NEW, OLD) });
      await allLetIn(after, keys);
      await after.secrets.reseal(silent);
      const { outdated } = await after.asOperator("DescribeSecretKey");
      assert.deepEqual(outdated, { accessKeys: 0 });
      await allLetIn(await openFixture({ store: real, clock, secretKey: NEW }), keys);
    });
  }
});

async function allLetIn(fixture: Fixture, keys: readonly MadeKey[]): Promise<void> {
  for (const key of keys) assert.equal(await isLetIn(fixture, key), true);
}

describe("a directory that is older than data keys", () => {
  /** The store as an earlier version left it: every secret is sealed with the secret key itself. */
  async function older(check: boolean) {
    const fixture = await openFixture({ secretKey: OLD });
    const key = await fixture.makeKey();
    const { ring, secrets, clock } = fixture;
    const stored = ring.key(key.accessKeyId);
    assert.ok(stored);
    const clear = secrets.box.open(stored.sealed, stored.id);
    const store = await openSqliteAccessStore(":memory:");
    const value = sealWith(OLD, "secret-check", "secret-check");
    await store.write({
      changes: [
        ...ring.accounts.map((account) => ({ type: "put-account", account }) as const),
        { type: "put-key", key: { ...stored, sealed: sealWith(OLD, clear, stored.id) } },
        ...(check ? [{ type: "put-mark", name: "secret-check", value } as const] : []),
      ],
    });
    return { store, clock, key };
  }

  for (const check of [true, false]) {
    test(`opens with its key alone, ${check ? "with" : "without"} its check value`, async () => {
      const { store, clock, key } = await older(check);
      await assert.rejects(openFixture({ store, secretKey: NEW }), /with another secret key/);
      assert.equal(await isLetIn(await openFixture({ store, clock, secretKey: OLD }), key), true);
      const exchanged = await openFixture({ store, clock, secretSource: changing(NEW, OLD) });
      assert.equal(await isLetIn(exchanged, key), true);
      await exchanged.secrets.reseal(silent);
      const alone = await openFixture({ store, clock, secretKey: NEW });
      assert.equal(await isLetIn(alone, key), true);
      assert.match(String(alone.ring.key(key.accessKeyId)?.sealed), /^v2\./);
    });
  }
});

test("damaged data keys stop a start, whichever key is given", async () => {
  const { store } = await openFixture({ secretKey: OLD });
  const value = String((await store.load()).marks["secret-keys"]);
  for (const damaged of ["{", "[]", "{}", value.replace(/"sealed":"....../, '"sealed":"AAAAAA')]) {
    await store.write({ changes: [{ type: "put-mark", name: "secret-keys", value: damaged }] });
    await assert.rejects(openFixture({ store, secretKey: OLD }), {
      code: "StoreUnavailable",
      message: /in access\.db were changed or are damaged: restore/,
    });
  }
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
