import { closeSync, openSync, readSync, statSync } from "node:fs";
import { DomainError } from "../../../core/errors.ts";
import { APPLICATION_ID } from "./connection.ts";

/** The first bytes of a file, as sqlite.org/fileformat2.html describes them. */
const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";

/**
 * Checks a database file before SQLite opens it, so that a refusal can say what is wrong with it. It costs one read.
 * Do not call it while the database is open: closing any handle of the file drops this process's SQLite locks on it.
 */
export function inspectFile(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat && !stat.isFile()) throw refusal(file, "is not a file", "move it away");
  const size = stat?.size ?? 0;
  // With a journal beside it, its first page was being written at a power cut, and SQLite restores the page.
  if (size === 0 || sizeOf(`${file}-journal`) > 0) return;
  const header = readHeader(file);
  if (size < HEADER_BYTES || header.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    throw refusal(file, "is not an SQLite database", "move it away, or choose another directory");
  }
  const applicationId = header.readUInt32BE(68);
  if (applicationId !== APPLICATION_ID && applicationId !== 0) {
    const found = `belongs to another application (id ${hex(applicationId)}, expected ${hex(APPLICATION_ID)})`;
    throw refusal(file, found, "choose another directory");
  }
  const expected = pageCount(header) * pageSize(header);
  // With a write-ahead log beside it, the file may be older than its header says; SQLite checks this itself.
  if (sizeOf(`${file}-wal`) === 0 && size < expected) {
    const found = `is cut short: ${size} bytes, expected ${expected}`;
    throw refusal(file, found, "restore the newest backup");
  }
}

/** The size of the file in bytes; 0 if it does not exist. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readHeader(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = openSync(file, "r");
  try {
    readSync(handle, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(handle);
  }
  return header;
}

function pageSize(header: Buffer): number {
  const stored = header.readUInt16BE(16);
  return stored === 1 ? 65_536 : stored;
}

/** 0 if the header does not confirm it, because its two change counters differ. */
function pageCount(header: Buffer): number {
  return header.readUInt32BE(24) === header.readUInt32BE(92) ? header.readUInt32BE(28) : 0;
}

export function refusal(file: string, found: string, advice: string): DomainError {
  return new DomainError("StoreUnavailable", `${file} ${found}; ${advice}`, { location: file });
}

function hex(id: number): string {
  return `0x${id.toString(16)}`;
}
