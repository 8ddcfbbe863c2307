import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** "Task", so that `file` and we ourselves recognise the file. */
export const APPLICATION_ID = 0x5461736b;

/** The writer's thread can wait; whoever reads blocks everything else. */
const WRITER_TIMEOUT_MS = 5000;
const READER_TIMEOUT_MS = 500;

/** Twice SQLite's own: a task's row has 2 to 3 KB, so a quarter less is wasted, and half as many pages are written. */
export const PAGE_BYTES = 8192;

/**
 * The log goes into the database file when it is this long (32 MB). A task's row is written anew with every append,
 * and only its last state is copied: a longer log saves work, and costs a longer pause (about 15 ms here) each time.
 */
const CHECKPOINT_PAGES = 4000;
/**
 * On a disk with little space it goes sooner, when it takes this part of what is free: a log that has filled the disk
 * leaves the database no room to take it in, and nothing would help but another's space.
 */
const SHARE_OF_FREE = 1 / 16;
const FEWEST_CHECKPOINT_PAGES = 64;

/** The only connection that writes. */
export function connectWriter(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  configureWriter(db);
  const { bavail, bsize } = statfsSync(dirname(file));
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages(bavail * bsize)}`);
  return db;
}

/** After how many pages the log goes into the database file, with so many bytes free on the disk. */
export function checkpointPages(freeBytes: number): number {
  const pages = Math.floor((freeBytes * SHARE_OF_FREE) / PAGE_BYTES);
  return Math.min(Math.max(pages, FEWEST_CHECKPOINT_PAGES), CHECKPOINT_PAGES);
}

/** FULL: a commit has reached the disk before it is told. */
export function configureWriter(db: DatabaseSync): void {
  db.exec(`
    PRAGMA busy_timeout = ${WRITER_TIMEOUT_MS};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = ${2 * CHECKPOINT_PAGES * PAGE_BYTES};
  `);
}

export function connectReader(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: READER_TIMEOUT_MS });
  db.exec(`
    PRAGMA query_only = ON;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY;
  `);
  return db;
}

export function connectMemory(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  db.exec("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;");
  return db;
}
