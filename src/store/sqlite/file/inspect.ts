import { closeSync, openSync, readSync, statSync } from "node:fs";
import { DomainError } from "../../../core/errors.ts";
import { APPLICATION_ID } from "./connection.ts";

/** The first bytes of a file, as sqlite.org/fileformat2.html describes them. */
const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";

/**
 * Looks at a database file before SQLite does, so that a refusal can say what is wrong with it. Cheap: one read.
 * Trap: closing any handle of a file drops this process's SQLite locks on it, so never call it while it is open.
 */
export function inspectFile(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat && !stat.isFile()) throw refusal(file, "is not a file", "move it away");
  const size = stat?.size ?? 0;
  // A journal beside it: its first page was being written when the power was cut, and SQLite takes that back.
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
  // With a log beside it, the file may lag behind its header; SQLite then checks by itself.
  if (sizeOf(`${file}-wal`) === 0 && size < expected) {
    const found = `is cut short: ${size} bytes, expected ${expected}`;
    throw refusal(file, found, "restore the newest backup");
  }
}

/** 0 for a file that is not there. */
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

/** 0 if the header does not vouch for it: its two change counters differ. */
function pageCount(header: Buffer): number {
  return header.readUInt32BE(24) === header.readUInt32BE(92) ? header.readUInt32BE(28) : 0;
}

export function refusal(file: string, found: string, advice: string): DomainError {
  return new DomainError("StoreUnavailable", `${file} ${found}; ${advice}`, { location: file });
}

function hex(id: number): string {
  return `0x${id.toString(16)}`;
}
