import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { accessStoreContract, record } from "../../../../test/contracts/access-store-contract.ts";
import type { StoredKey } from "../../access-store.ts";
import { openSqliteAccessStore } from "./open-access.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-access-"));
let made = 0;
const freshDirectory = () => join(folder, String(++made));
after(() => rmSync(folder, { recursive: true, force: true }));

accessStoreContract({
  name: "sqlite, in a file",
  open: () => openSqliteAccessStore(freshDirectory()),
  reopen: (store) => openSqliteAccessStore(dirname(store.location)),
});

accessStoreContract({
  name: "sqlite, in memory",
  open: () => openSqliteAccessStore(":memory:"),
});

describe("access.db", () => {
  test("is readable by its owner alone, its log too", async () => {
    const store = await openSqliteAccessStore(freshDirectory());
    await store.write({ audit: [record()] });
    for (const file of [store.location, `${store.location}-wal`]) {
      assert.equal(statSync(file).mode & 0o777, 0o600, file);
    }
    await store.close();
  });

  test("refuses to change or remove what is in the audit", async () => {
    const store = await openSqliteAccessStore(freshDirectory());
    await store.write({ audit: [record()] });
    await store.close();
    const db = new DatabaseSync(store.location);
    assert.throws(() => db.exec("UPDATE audit SET account = 'b'"), /append-only/);
    assert.throws(() => db.exec("DELETE FROM audit"), /append-only/);
    db.close();
  });

  test("keeps nothing of what was replaced or removed in its file, not in its free space either", async () => {
    const store = await openSqliteAccessStore(freshDirectory());
    const key = (id: string, sealed: string): StoredKey => ({
      ...{ id, account: "a", principal: "p", sealed, enabled: true, createdAt: 1 },
    });
    const mark = (value: string) => ({ type: "put-mark", name: "secret-keys", value }) as const;
    const old = ["old-mark".repeat(400), "old-key".repeat(9), "removed-key".repeat(9)];
    const [oldMark = "", oldKey = "", removed = ""] = old;
    const put = (id: string, sealed: string) =>
      ({ type: "put-key", key: key(id, sealed) }) as const;
    await store.write({ changes: [mark(oldMark), put("k1", oldKey), put("k2", removed)] });
    await store.write({ changes: [mark("m"), put("k1", "new"), { type: "remove-key", id: "k2" }] });
    await store.close();
    const bytes = readFileSync(store.location, "latin1");
    for (const text of ["old-mark", "old-key", "removed-key"]) {
      assert.ok(!bytes.includes(text), text);
    }
    assert.ok(bytes.includes('"sealed":"new"'));
  });

  test("belongs to one process at a time when the lock is asked for", async () => {
    const directory = freshDirectory();
    const store = await openSqliteAccessStore(directory, { lock: true });
    await assert.rejects(openSqliteAccessStore(directory, { lock: true }), {
      code: "StoreUnavailable",
      message: /already open in this process/,
    });
    await store.close();
    await (await openSqliteAccessStore(directory, { lock: true })).close();
  });

  test("of another application is refused", async () => {
    const directory = freshDirectory();
    await (await openSqliteAccessStore(directory)).close();
    const db = new DatabaseSync(join(directory, "access.db"));
    db.exec("PRAGMA application_id = 1");
    db.close();
    await assert.rejects(openSqliteAccessStore(directory), /belongs to another application/);
  });
});
