import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { openFixture } from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";
import { openSqliteAccessStore } from "../../store/sqlite/access/open-access.ts";
import { checkExport } from "./audit-actions.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-tamper-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Ten entries, then somebody with the file and no scruples. */
async function tampered(sql: string, noteHead = false): Promise<JsonObject> {
  const directory = mkdtempSync(join(folder, "d"));
  const store = await openSqliteAccessStore(directory);
  const { makeKey } = await openFixture({ store });
  for (let i = 0; i < 10; i++) await makeKey();
  const noted = noteHead ? { head: (await store.auditHead()).hash } : {};
  await store.close();
  const db = new DatabaseSync(join(directory, "access.db"));
  db.exec("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_removed");
  db.exec(sql);
  db.close();
  const again = await openSqliteAccessStore(directory);
  const result = await (await openFixture({ store: again })).asOperator("VerifyAudit", noted);
  await again.close();
  return result;
}

describe("tampering with the audit is found", () => {
  const cases: Readonly<Record<string, readonly [sql: string, broken: RegExp]>> = {
    "an entry changed": [
      `UPDATE audit SET record = replace(record, '"done"', '"failed"') WHERE seq = 4`,
      /^entry 4 was changed/,
    ],
    "an entry removed": ["DELETE FROM audit WHERE seq = 4", /^entry 4 is missing/],
    "the first removed": ["DELETE FROM audit WHERE seq = 1", /^entry 1 is missing/],
    "the last removed": ["DELETE FROM audit WHERE seq >= 9", /^the last 2 entries are missing/],
    "all removed": ["DELETE FROM audit", /^the last 10 entries are missing/],
    "two exchanged": [
      "UPDATE audit SET seq = 99 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 99",
      /^entry 4 does not follow/,
    ],
    "an entry changed, with its own hash": [
      `UPDATE audit SET hash = '${"0".repeat(64)}' WHERE seq = 4`,
      /^entry 4 was changed/,
    ],
    "an entry moved to another account": [
      "UPDATE audit SET account = 'b' WHERE seq = 4",
      /^entry 4 was changed/,
    ],
    "an entry renumbered": ["UPDATE audit SET seq = 44 WHERE seq = 4", /^entry 4 is missing/],
    "a link changed": [
      `UPDATE audit SET previous = '${"0".repeat(64)}' WHERE seq = 4`,
      /^entry 4 does not follow/,
    ],
    "a field added": [
      `UPDATE audit SET record = json_insert(record, '$.note', 'harmless') WHERE seq = 4`,
      /^entry 4 was changed/,
    ],
    "a field taken out": [
      `UPDATE audit SET record = json_remove(record, '$.reason') WHERE seq = 4`,
      /^entry 4 was changed/,
    ],
    "an entry made unreadable": [
      "UPDATE audit SET record = 'x' WHERE seq = 4",
      /^entry 4 was changed/,
    ],
    "the noted end removed": [
      "DELETE FROM marks WHERE name = 'audit-head'",
      /^the end of the chain was changed/,
    ],
    "the noted end removed, and the last entries": [
      "DELETE FROM marks WHERE name = 'audit-head'; DELETE FROM audit WHERE seq >= 9",
      /^the end of the chain was changed/,
    ],
    "the noted end made unreadable": [
      "UPDATE marks SET value = 'x' WHERE name = 'audit-head'",
      /^the end of the chain was changed/,
    ],
    "the noted end set back": [
      `UPDATE marks SET value = json_set(value, '$.seq', 9) WHERE name = 'audit-head'`,
      /^the end of the chain was changed/,
    ],
    "one put in between": [
      "INSERT INTO audit SELECT 11, account, record, previous, hash FROM audit WHERE seq = 4",
      /^entry 11 does not follow/,
    ],
  };
  for (const [name, [sql, broken]] of Object.entries(cases)) {
    test(name, async () => {
      const result = await tampered(sql);
      assert.equal(result["intact"], false);
      assert.match(String(result["broken"]), broken);
    });
  }
});

describe("the hash of an entry covers every field", () => {
  const fields =
    "at account actor accessKeyId source action resource requestId outcome status code reason taskId count";
  for (const field of fields.split(" ")) {
    test(field, async () => {
      const value = ["at", "status", "count"].includes(field) ? "7" : "'other'";
      const set = `UPDATE audit SET record = json_set(record, '$.${field}', ${value}) WHERE seq = 4`;
      assert.match(String((await tampered(set))["broken"]), /^entry 4 was changed/);
    });
  }

  test("a head that was noted elsewhere finds what the file alone cannot show", async () => {
    const cut = `DELETE FROM audit WHERE seq >= 9; UPDATE marks SET value =
      (SELECT json_object('seq', seq, 'hash', hash) FROM audit WHERE seq = 8) WHERE name = 'audit-head'`;
    assert.equal((await tampered(cut))["intact"], true, "as docs/security.md says");
    assert.match(
      String((await tampered(cut, true))["broken"]),
      /^the entry with the hash you noted/,
    );
  });
});

describe("an export", () => {
  test("is checked entry by entry, also with gaps for other accounts", async () => {
    const { makeKey, audit } = await openFixture();
    for (let i = 0; i < 6; i++) await makeKey({ account: i % 3 === 0 ? "200" : "300" });
    const all = (await audit()) as unknown as JsonObject[];
    assert.equal(checkExport(all), undefined);
    assert.equal(checkExport(all.filter(({ account }) => account === "300")), undefined);
    const changed = all.map((entry, i) => (i === 2 ? { ...entry, actor: "nobody" } : entry));
    assert.match(checkExport(changed) ?? "", /^entry 3 was changed/);
  });
});
