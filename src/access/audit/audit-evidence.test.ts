import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { record } from "../../../test/contracts/access-store-contract.ts";
import { silent } from "../../../test/support/engine-bench.ts";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import type { AccessStore, AuditEntry, AuditRecord } from "../../store/access-store.ts";
import { chained, EMPTY_CHAIN } from "../../store/audit-chain.ts";
import { openSqliteAccessStore } from "../../store/sqlite/access/open-access.ts";
import { AuditKeys, auditKeyOf, newAuditKey } from "./audit-heads.ts";
import { AuditRetention } from "./audit-retention.ts";
import { type AuditLine, checkChain, checkLines } from "./check-audit.ts";
import { HeadSigner } from "./head-signer.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-evidence-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const key = auditKeyOf(newAuditKey());
const keys = new AuditKeys([key.publicKey]);
const other = auditKeyOf(newAuditKey());
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

async function bench(location = mkdtempSync(join(folder, "d"))) {
  const clock = new FakeClock();
  const store = await openSqliteAccessStore(location);
  const signer = new HeadSigner({ store, key, clock, log: silent });
  const write = async (count: number) => {
    const audit = Array.from({ length: count }, () => record({ at: clock.now() }));
    await store.write({ audit });
    signer.written(count);
  };
  return { location, clock, store, signer, write, check: () => checkChain(store, keys, undefined) };
}

/** Waits for the writer's thread. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let left = 20_000; left > 0; left--) {
    if (await isSo()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail("it does not come to be so");
}

/** Closes the store, lets somebody at the file who removes the triggers first, and checks what is left. */
async function tampered(
  store: AccessStore,
  sql: string | ((db: DatabaseSync) => void),
  with_ = keys,
) {
  await store.close();
  const db = new DatabaseSync(store.location);
  const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${String(name)}`);
  if (typeof sql === "string") db.exec(sql);
  else sql(db);
  db.close();
  const again = await openSqliteAccessStore(join(store.location, ".."));
  const checked = await checkChain(again, with_, undefined);
  await again.close();
  return checked.misfit;
}

/** Changes entry 4, computes the chain again from there, and sets the noted end: without heads nothing shows it. */
function forge(db: DatabaseSync): void {
  const rows = db.prepare("SELECT * FROM audit ORDER BY seq").all();
  let head = EMPTY_CHAIN;
  for (const row of rows) {
    const written = JSON.parse(String(row["record"])) as AuditRecord;
    const changed = row["seq"] === 4 ? { ...written, actor: "nobody" } : written;
    const { seq, previous, hash } = chained(head, changed);
    head = { seq, hash };
    db.prepare("UPDATE audit SET record = ?, previous = ?, hash = ? WHERE seq = ?").run(
      JSON.stringify(changed),
      previous,
      hash,
      seq,
    );
  }
  db.prepare("UPDATE marks SET value = ? WHERE name = 'audit-head'").run(JSON.stringify(head));
}

describe("heads of the audit are signed", () => {
  test("after five minutes, after a thousand entries, and at the stop", async () => {
    const { clock, store, signer, write, check } = await bench(":memory:");
    const heads = async () => (await store.readHeads(0, 100)).map(({ seq }) => seq);
    await write(3);
    await clock.advance(5 * MINUTE - 1);
    assert.deepEqual(await heads(), []);
    await clock.advance(1);
    assert.deepEqual(await heads(), [3]);
    await write(999);
    await write(1);
    await clock.advance(0);
    assert.deepEqual(await heads(), [3, 1_003]);
    await write(2);
    await signer.close();
    assert.deepEqual(await heads(), [3, 1_003, 1_005]);
    assert.equal(clock.pending, 0);
    const { misfit, signed, entries } = await check();
    assert.deepEqual([misfit, signed, entries], [undefined, 1_005, 1_005]);
    await store.close();
  });

  test("and a store that cannot be written is tried again later", async () => {
    const { clock, store } = await bench(":memory:");
    let broken = true;
    const watched: AccessStore = Object.assign(Object.create(store) as AccessStore, {
      auditHead: () => store.auditHead(),
      write: (write: Parameters<AccessStore["write"]>[0]) =>
        broken ? Promise.reject(new Error("full")) : store.write(write),
    });
    const signer = new HeadSigner({ store: watched, key, clock, log: silent });
    await store.write({ audit: [record()] });
    signer.written(1);
    await clock.advance(5 * MINUTE);
    broken = false;
    await clock.advance(5 * MINUTE);
    assert.equal((await store.readHeads(0, 10)).length, 1);
    await signer.close();
    await store.close();
  });
});

describe("what the chain alone cannot show, signed heads show", () => {
  const cases: Record<
    string,
    readonly [sql: string | ((db: DatabaseSync) => void), misfit: object]
  > = {
    "a chain that was computed again": [forge, { seq: 10, what: "head" }],
    "an end that was cut off together with its note": [
      `DELETE FROM audit WHERE seq > 8; UPDATE marks SET value =
        (SELECT json_object('seq', seq, 'hash', hash) FROM audit WHERE seq = 8) WHERE name = 'audit-head'`,
      { seq: 9, what: "end" },
    ],
    "a head that was changed": [
      "UPDATE audit_heads SET at = at + 1",
      { seq: 10, what: "signature" },
    ],
    "a head of another key": [
      "UPDATE audit_heads SET key_id = '0000000000000000'",
      { seq: 10, what: "signature" },
    ],
    "an entry changed before the head": [
      `UPDATE audit SET record = replace(record, 'ada', 'eve') WHERE seq = 7`,
      { seq: 7, what: "hash" },
    ],
    "an anchor that nobody signed": [
      "INSERT INTO audit_anchors VALUES (10, 'AAAA'); DELETE FROM audit WHERE seq <= 10",
      { seq: 10, what: "signature" },
    ],
    "an anchor with the signature of its head": [
      "INSERT INTO audit_anchors SELECT seq, signature FROM audit_heads; DELETE FROM audit",
      { seq: 13, what: "signature" },
    ],
  };
  for (const [name, [sql, expected]] of Object.entries(cases)) {
    test(name, async () => {
      const { store, signer, write } = await bench();
      await write(10);
      await signer.close();
      await write(3);
      await signer.close();
      const { told, ...misfit } = (await tampered(store, sql)) ?? { told: "" };
      assert.deepEqual(misfit, expected, told);
    });
  }

  test("with a key that was given, heads that any other key has signed do not count", async () => {
    const { store, signer, write } = await bench();
    await write(10);
    await signer.close();
    const given = new AuditKeys([other.publicKey]);
    assert.equal((await tampered(store, "", given))?.what, "signature");
  });
});

describe("old entries are removed", () => {
  async function aged() {
    const one = await bench();
    const { clock, store, write, signer } = one;
    for (let day = 0; day < 10; day++) {
      await write(700);
      await signer.close();
      await clock.advance(DAY);
    }
    const shipped = { upTo: Number.MAX_SAFE_INTEGER };
    const options = { store, key, clock, log: silent, keepMs: 5 * DAY };
    const retention = new AuditRetention({ ...options, shippedUpTo: () => shipped.upTo });
    return { ...one, retention, shipped };
  }

  test("up to a signed head that is old enough, which stays, so that the rest can be checked", async () => {
    const { clock, store, retention, check } = await aged();
    await clock.advance(2 * MINUTE);
    await until(async () => (await store.oldestAudit()) === 6 * 700 + 1);
    await retention.close();
    const { misfit, first, entries, signed } = await check();
    assert.deepEqual([misfit, first, entries, signed], [undefined, 4_201, 2_801, 7_000]);
    const [last] = await store.readAudit({ after: 0, limit: 1, newestFirst: false });
    assert.equal(last?.seq, 4_201);
    const told = await store.readAudit({ after: 7_000, limit: 10 });
    assert.deepEqual(
      told.map(({ action, resource }) => [action, resource]),
      [["taskscribe:RemoveAudit", "audit/1-4200"]],
    );
    assert.equal((await tampered(store, "DELETE FROM audit WHERE seq = 4201"))?.what, "gap");
  });

  test("but not before they are shipped, and nothing that no old head covers", async () => {
    const { clock, store, retention, shipped } = await aged();
    shipped.upTo = 4_199;
    await clock.advance(2 * MINUTE);
    assert.equal(await store.oldestAudit(), 1);
    shipped.upTo = 4_200;
    await until(async () => clock.pending > 0);
    await clock.advance(60 * MINUTE);
    await until(async () => (await store.oldestAudit()) === 4_201);
    await retention.close();
    await store.close();
  });

  test("and the database refuses to remove any other, or an anchor without a head", async () => {
    const { clock, store, retention } = await aged();
    await clock.advance(2 * MINUTE);
    await until(async () => (await store.oldestAudit()) === 4_201);
    await retention.close();
    await store.close();
    const db = new DatabaseSync(store.location);
    for (const sql of [
      "DELETE FROM audit WHERE seq = 4201",
      "DELETE FROM audit",
      "UPDATE audit SET account = 'x'",
      "DELETE FROM audit_heads",
      "UPDATE audit_heads SET hash = ''",
      "DELETE FROM audit_anchors",
      "UPDATE audit_anchors SET seq = 7000",
      "INSERT INTO audit_anchors VALUES (6999, '')",
    ]) {
      assert.throws(() => db.exec(sql), /append-only|needs a signed head/, sql);
    }
    db.close();
  });
});

describe("exported lines", () => {
  async function exported(): Promise<AuditLine[]> {
    const { store, signer, write } = await bench(":memory:");
    await write(5);
    await signer.close();
    await write(5);
    await signer.close();
    const entries = await store.readAudit({ after: 0, limit: 100 });
    const heads = await store.readHeads(0, 100);
    return [...entries, ...heads.map((head) => ({ head }))];
  }

  test("are checked with their heads, also if they come twice, and gaps are found if asked", async () => {
    const lines = await exported();
    assert.equal(checkLines(lines, { keys }), undefined);
    assert.equal(
      checkLines([...lines.slice(0, 8), ...lines.slice(4)], { keys, whole: true }),
      undefined,
    );
    const gap = lines.filter((_, i) => i !== 6);
    assert.equal(checkLines(gap, { keys }), undefined);
    assert.deepEqual(checkLines(gap, { keys, whole: true })?.what, "gap");
  });

  test("with a head that is not theirs, or of another key, are found", async () => {
    const lines = await exported();
    const strange = await exported();
    const mixed = [...lines.slice(0, 10), ...strange.slice(10)];
    assert.equal(
      checkLines(mixed, { keys }),
      undefined,
      "the two are alike: the clock stands still",
    );
    const renamed = lines.map((line) =>
      "head" in line ? line : ({ ...line, actor: "eve" } as AuditEntry),
    );
    assert.deepEqual(checkLines(renamed, { keys })?.seq, 1);
    const wrong = new AuditKeys([other.publicKey]);
    assert.deepEqual(checkLines(lines, { keys: wrong })?.what, "signature");
    const moved = lines.map((line) =>
      "head" in line && line.head.seq === 5 ? { head: { ...line.head, seq: 6 } } : line,
    );
    assert.equal(checkLines(moved, { keys })?.what, "signature");
    assert.equal(checkLines(moved)?.what, "head");
  });
});
