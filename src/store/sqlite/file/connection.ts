import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** "Task" in ASCII: the mark by which `file` and Taskscribe recognise the database. */
export const APPLICATION_ID = 0x5461736b;

/** The writer thread can wait for a lock; a reader must not, because it blocks the event loop. */
const WRITER_TIMEOUT_MS = 5000;
const READER_TIMEOUT_MS = 500;

/**
 * Twice SQLite's default: a task's row has 2 to 3 KB, so a quarter less is wasted, and half as many pages are written.
 */
export const PAGE_BYTES = 8192;

/**
 * The write-ahead log is copied into the database file when it has this many pages (32 MB). Every append rewrites a
 * task's row, and only its last state is copied: a longer log saves work, but makes each pause longer (about 15 ms
 * here).
 */
const CHECKPOINT_PAGES = 4000;
/**
 * On a disk with little free space it is copied sooner, when it takes this part of the free space: a log that has
 * filled the disk could not be copied into the database any more.
 */
const SHARE_OF_FREE = 1 / 16;
const FEWEST_CHECKPOINT_PAGES = 64;

/** Opens the only connection that writes. */
export function connectWriter(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  configureWriter(db);
  const { bavail, bsize } = statfsSync(dirname(file));
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages(bavail * bsize)}`);
  return db;
}

/** After how many pages the log is copied into the database file, for this many free bytes on the disk. */
export function checkpointPages(freeBytes: number): number {
  const pages = Math.floor((freeBytes * SHARE_OF_FREE) / PAGE_BYTES);
  return Math.min(Math.max(pages, FEWEST_CHECKPOINT_PAGES), CHECKPOINT_PAGES);
}

/** FULL: a commit is on the disk before it is reported. */
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
