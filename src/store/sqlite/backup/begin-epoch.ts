import { DatabaseSync } from "node:sqlite";
import { readLogEpochs } from "../file/log-epochs.ts";
import { migrateDatabase } from "../open.ts";
import { LAST_POSITION } from "../statements.ts";
import { DamagedRow } from "../sums.ts";
import { sync } from "./files.ts";

const BEGIN = `
  INSERT INTO log_epochs (id, begins_after)
  SELECT lower(hex(randomblob(4))), iif(EXISTS (SELECT 1 FROM log_epochs), last, 0) FROM (${LAST_POSITION})`;

/**
 * Begins a new epoch of the log in a restored database that nobody has open yet: its next positions were given out
 * before, by the log that the backup was made of. A database of an older schema is migrated first. Epochs that are
 * damaged are dropped: then this log is nobody's continuation, which is safe.
 * @throws DomainError if it was made by a newer Taskscribe
 */
export async function beginLogEpoch(file: string): Promise<void> {
  const db = new DatabaseSync(file);
  try {
    // Without a journal beside it: after an interruption, the whole file is written anew.
    db.exec("PRAGMA journal_mode = MEMORY; PRAGMA foreign_keys = ON");
    await migrateDatabase(db, file);
    if (!isSound(db)) db.exec("DELETE FROM log_epochs");
    db.exec(BEGIN);
  } finally {
    db.close();
  }
  sync(file);
}

function isSound(db: DatabaseSync): boolean {
  try {
    return readLogEpochs(db).length > 0;
  } catch (error) {
    if (error instanceof DamagedRow) return false;
    throw error;
  }
}
