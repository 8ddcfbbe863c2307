import { truncateSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DomainError } from "../../../core/errors.ts";
import { makePrivateFile } from "../../../private-files.ts";
import { CORRUPT, isKind, NOTADB, SQLITE_BUSY } from "./failure.ts";

/** A lock that is held while the store is open. The system releases it when the process ends in any way. */
export interface Lock {
  release(): void;
}

/**
 * Makes this process the only owner of a data directory. The lock is SQLite's own "one writer" (RESERVED), which
 * works on every system, and lets others read the owner's pid, kept in `user_version`.
 */
export function lockDirectory(directory: string, file: string): Lock {
  try {
    return lock(directory, file);
  } catch (error) {
    if (!isKind(error, NOTADB) && !isKind(error, CORRUPT)) throw error;
    // The file was damaged by a power cut, because it is never synced; it has no data. It is truncated and not replaced, so
    // that another process's lock on it stays valid.
    truncateSync(file, 0);
    return lock(directory, file);
  }
}

function lock(directory: string, file: string): Lock {
  makePrivateFile(file); // SQLite would let others read it
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    writeOwner(db);
    db.exec("BEGIN IMMEDIATE");
  } catch (error) {
    const owner = ownerOf(db);
    db.close();
    throw isKind(error, SQLITE_BUSY) ? alreadyOpen(directory, owner) : error;
  }
  return { release: () => db.close() };
}

function writeOwner(db: DatabaseSync): void {
  try {
    db.exec(`PRAGMA synchronous = OFF; PRAGMA user_version = ${process.pid}`);
  } catch (error) {
    if (isKind(error, SQLITE_BUSY)) throw error;
    // The pid is only for the message: a full disk must not prevent that a store is opened for reading.
  }
}

function ownerOf(db: DatabaseSync): number | undefined {
  try {
    return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]) || undefined;
  } catch {
    return undefined;
  }
}

function alreadyOpen(directory: string, owner: number | undefined): DomainError {
  const who =
    owner === process.pid ? "this process" : owner ? `process ${owner}` : "another process";
  return new DomainError(
    "StoreUnavailable",
    `${directory} is already open in ${who}; one process at a time owns a data directory: stop that one, or use another directory`,
    { location: directory, ...(owner !== undefined && { owner }) },
  );
}
