import { DatabaseSync } from "node:sqlite";
import type { Task } from "../../src/core/task.ts";
import { migrateDatabase, readMigrations } from "../../src/store/sqlite/open.ts";
import { ACCOUNT, submission } from "../contracts/store-contract.ts";

/** Makes a database of an older schema; with one task in it, unless it is older than the first. */
export async function makeOlder(file: string, version: number): Promise<Task> {
  const { task, events } = submission();
  const db = new DatabaseSync(file);
  db.exec("PRAGMA application_id = 0x5461736b");
  await migrateDatabase(db, file, readMigrations().slice(0, version));
  if (version > 0) {
    db.prepare(`
      INSERT INTO tasks (seq, id, account, product, type, target_id, state, phase, version, doc)
      VALUES (1, ?, ?, 'ack', 'cluster_scaleout', 'c-1', 'pending', 'open', 1, ?)`).run(
      task.id,
      ACCOUNT,
      JSON.stringify(task),
    );
    db.prepare(`
      INSERT INTO events (position, task, account, first_version, at, events)
      VALUES (1, 1, ?, 1, 0, ?)`).run(ACCOUNT, JSON.stringify(events));
  }
  db.close();
  return task;
}
