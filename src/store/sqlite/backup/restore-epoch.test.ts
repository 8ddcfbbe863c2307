import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { ACCOUNT, submission } from "../../../../test/contracts/store-contract.ts";
import { makeOlder } from "../../../../test/support/first-schema.ts";
import { DomainError } from "../../../core/errors.ts";
import type { LogEpoch } from "../../store.ts";
import { readMigrations } from "../open.ts";
import { openSqliteStore } from "../sqlite-store.ts";
import { backupDirectory } from "./backup.ts";
import { restoreDirectory } from "./restore.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-restore-"));
after(() => rmSync(root, { recursive: true, force: true }));

const options = { secrets: false, version: "1.2.3", now: () => 1_700_000_000_000 };

function newPaths() {
  const folder = mkdtempSync(join(root, "case-"));
  return {
    data: join(folder, "data"),
    backup: join(folder, "backup"),
    restored: (name: string) => join(folder, name),
  };
}

/** Opens the directory, appends so many tasks, and closes it. */
async function grown(data: string, tasks: number): Promise<readonly LogEpoch[]> {
  const store = await openSqliteStore(data);
  for (let i = 0; i < tasks; i++) await store.append(submission());
  await store.close();
  return store.logEpochs;
}

describe("row 30: a restored log", () => {
  it("begins an epoch of its own where the backup ends, each time it is restored", async () => {
    const { data, backup, restored } = newPaths();
    const [first, ...none] = await grown(data, 3);
    assert.deepEqual(none, []);
    await backupDirectory(data, backup, options);
    assert.deepEqual(await grown(data, 2), [first], "a backup changes nothing");
    const seen = new Set([first?.id]);
    for (const name of ["one", "two"]) {
      await restoreDirectory(backup, restored(name));
      const epochs = await grown(restored(name), 1);
      assert.deepEqual(
        epochs.map(({ beginsAfter }) => beginsAfter),
        [0, 3],
      );
      assert.equal(epochs[0]?.id, first?.id);
      seen.add(epochs[1]?.id);
      assert.deepEqual(await grown(restored(name), 0), epochs, "a restart is no restore");
    }
    assert.equal(seen.size, 3);
  });

  it("keeps the epochs of the restores before it", async () => {
    const { data, backup, restored } = newPaths();
    await grown(data, 3);
    await backupDirectory(data, backup, options);
    await restoreDirectory(backup, restored("one"));
    const before = await grown(restored("one"), 4);
    await backupDirectory(restored("one"), `${backup}-2`, options);
    await restoreDirectory(`${backup}-2`, restored("two"));
    const epochs = await grown(restored("two"), 0);
    assert.deepEqual(epochs.slice(0, 2), before);
    assert.deepEqual(
      epochs.map(({ beginsAfter }) => beginsAfter),
      [0, 3, 7],
    );
  });

  it("is brought forward first if an older version made the backup", async () => {
    const { data, backup, restored } = newPaths();
    mkdirSync(data, { mode: 0o700 });
    const epochs = readMigrations().findIndex(({ sql }) => sql.includes("TABLE log_epochs"));
    const task = await makeOlder(join(data, "taskscribe.db"), epochs);
    const db = new DatabaseSync(join(data, "taskscribe.db"));
    db.exec("INSERT INTO task_counts SELECT account, product, type, state, 1, 1 FROM tasks");
    db.close();
    await backupDirectory(data, backup, options);
    await restoreDirectory(backup, restored("one"));
    const store = await openSqliteStore(restored("one"));
    assert.deepEqual(
      store.logEpochs.map(({ beginsAfter }) => beginsAfter),
      [0, 1],
    );
    assert.deepEqual(await store.read(ACCOUNT, task.id), task);
    await store.close();
  });

  it("is made anew after an interruption, and leaves nothing of the first attempt", async () => {
    const { data, backup, restored } = newPaths();
    await grown(data, 2);
    await backupDirectory(data, backup, options);
    await restoreDirectory(backup, restored("whole"));
    const cut = join(restored("cut"), "files.restoring");
    mkdirSync(cut, { recursive: true, mode: 0o700 });
    copyFileSync(join(restored("whole"), "taskscribe.db"), join(cut, "taskscribe.db"));
    await restoreDirectory(backup, restored("cut"));
    assert.deepEqual(readdirSync(restored("cut")), ["taskscribe.db"]);
    const [epochs, others] = [await grown(restored("cut"), 0), await grown(restored("whole"), 0)];
    assert.equal(epochs.length, 2);
    assert.notEqual(epochs[1]?.id, others[1]?.id);
  });

  it("has one new epoch if those before it are damaged, with which no directory opens", async () => {
    for (const change of [
      "DELETE FROM log_epochs",
      "UPDATE log_epochs SET id = 'a' || char(10) || 'b: cde'",
      "UPDATE log_epochs SET begins_after = -1",
    ]) {
      const { data, backup, restored } = newPaths();
      await grown(data, 1);
      const db = new DatabaseSync(join(data, "taskscribe.db"));
      db.exec(change);
      db.close();
      const refused = (error: unknown) =>
        error instanceof DomainError && /the epochs of the log/.test(error.message);
      await assert.rejects(openSqliteStore(data), refused, change);
      const { damaged } = await backupDirectory(data, backup, options);
      const what = "log_epochs: the epochs of the log are not what was written";
      assert.deepEqual(damaged, { count: 1, rows: [what] }, "a backup and verify name it");
      await restoreDirectory(backup, restored("one"));
      const epochs = await grown(restored("one"), 1);
      assert.deepEqual(
        epochs.map(({ beginsAfter }) => beginsAfter),
        [0],
        change,
      );
    }
  });
});
