import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { ACCOUNT, following, submission } from "../../../test/contracts/store-contract.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-bytes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const AT = 1_700_000_000_000;

test("stored bytes are told after each commit, and are what the store counts", async () => {
  const told = new Map<string, number>();
  const stored = (account: string, bytes: number) =>
    void told.set(account, (told.get(account) ?? 0) + bytes);
  const store = await openSqliteStore(join(folder, "told"), { stored });
  const appends = Array.from({ length: 100 }, (_, i) => submission({ account: `a${i % 3}` }));
  await Promise.all(appends.map((append) => store.append(append)));
  await store.append(following(appends[0]?.task as never, { type: "StartTask", at: AT + 1 }));
  const counted = (await store.usage()).map(({ account, bytes }) => [account, bytes]);
  assert.deepEqual(counted, [...told].sort());
  await store.close();
});

test("a refused append adds no bytes", async () => {
  let told = 0;
  const store = await openSqliteStore(":memory:", { stored: (_, bytes) => (told += bytes) });
  const append = submission({});
  await store.append(append);
  const once = told;
  assert.equal((await store.append(append)).outcome, "version-conflict");
  assert.equal(told, once);
  await store.close();
});

test("the migration counts what was stored before", async () => {
  const data = join(folder, "older");
  const store = await openSqliteStore(data);
  const first = submission({ type: "ü😀" });
  await store.append(first);
  await store.append(following(first.task, { type: "StartTask", at: AT + 1 }));
  await store.append(submission({ type: "b" }));
  const before = await store.usage();
  await store.close();
  const db = new DatabaseSync(join(data, "taskscribe.db"));
  db.exec("ALTER TABLE task_counts DROP COLUMN bytes; PRAGMA user_version = 9");
  db.close();
  const again = await openSqliteStore(data);
  assert.ok((before[0]?.bytes ?? 0) > 100);
  assert.deepEqual(await again.usage(), before);
  assert.equal(before[0]?.account, ACCOUNT);
  await again.close();
});
