import type { DatabaseSync } from "node:sqlite";
import { LAST_POSITION } from "../../src/store/sqlite/statements.ts";

/** In some seeds, every second life begins with a restore. The seeds that once failed are none of them. */
const SEEDS_A_RESTORING = 7;
const RESTORING = 3;
const LIVES_A_RESTORE = 2;

export function isRestored(seed: number, life: number): boolean {
  return seed % SEEDS_A_RESTORING === RESTORING && life % LIVES_A_RESTORE === 0;
}

/** Ids of epochs are random. Here they must be the same for the same seed. */
export function nameFirstEpoch(db: DatabaseSync): void {
  db.prepare("UPDATE log_epochs SET id = ?").run(epochOf(1));
}

/** What a restore from a backup of the end of the log leaves: nothing is lost, and all cursors are outdated. */
export function restoreEnd(db: DatabaseSync, life: number): void {
  db.prepare(
    `INSERT INTO log_epochs (id, begins_after) SELECT ?, last FROM (${LAST_POSITION})`,
  ).run(epochOf(life));
}

function epochOf(life: number): string {
  return `life${String(life).padStart(4, "0")}`;
}
