import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";

/** An error of the writer, in a form that can be sent between threads. */
export interface Failure {
  readonly outcome: "failed";
  readonly message: string;
  /** SQLite's extended result code; absent when the failure is not SQLite's. */
  readonly errcode?: number;
}

export const SQLITE_BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
export const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
export const NOTADB = 26;

const ADVICE: Readonly<Record<number, string>> = {
  [SQLITE_BUSY]: "another program holds its lock (a backup, a shell?); end that, then try again",
  [LOCKED]: "another program holds its lock (a backup, a shell?); end that, then try again",
  [READONLY]: "it cannot be written; check the owner, the permissions and the mount",
  [IOERR]:
    "the disk failed, so what was being written may be lost; check the disk, then read before you repeat",
  [CORRUPT]: "its content is damaged; stop, and restore the newest backup",
  [FULL]: "the disk is full; nothing was written. Free some space, then try again",
  [CANTOPEN]: "it cannot be opened; check that it is still there, and its permissions",
  [NOTADB]: "it is not an SQLite database any more; stop, and restore the newest backup",
};

/** The system's errors for a file that cannot be opened, as SQLite's codes. */
const SYSTEM_CODES: Readonly<Record<string, number>> = {
  EACCES: READONLY,
  EPERM: READONLY,
  EROFS: READONLY,
  ENOSPC: FULL,
  EIO: IOERR,
};

export function toFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = sqliteCode(error) ?? systemCode(error);
  return { outcome: "failed", message, ...(errcode !== undefined && { errcode }) };
}

/** SQLite's extended result code; undefined if the error is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code : undefined;
}

function systemCode(error: unknown): number | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return SYSTEM_CODES[code];
}

/** Whether SQLite failed for this reason; extended codes of it count too. */
export function isKind(error: unknown, kind: number): boolean {
  return primary(sqliteCode(error)) === kind;
}

/** Whether the connection cannot be trusted any more, so that a new one has to be opened. */
export function losesConnection({ errcode }: Failure): boolean {
  return [IOERR, CORRUPT, CANTOPEN, NOTADB].includes(primary(errcode));
}

/** Whether the failure concerns the whole batch, and not only the item that was being written. */
export function hitsAll({ errcode }: Failure): boolean {
  return primary(errcode) in ADVICE;
}

export function storeUnavailable(
  location: string,
  failure: Failure,
  facts: JsonObject = {},
): DomainError {
  const advice = ADVICE[primary(failure.errcode)];
  const found = `the store ${location} answered "${failure.message}"`;
  const message = advice ? `${found}: ${advice}` : `${found}; try again, and report it if it stays`;
  const cause = Object.assign(new Error(failure.message), { errcode: failure.errcode });
  return new DomainError("StoreUnavailable", message, { location, ...facts }, { cause });
}

/**
 * The error for a store that could not be opened. If it cannot be read or written at all, it has a `parameter`: the
 * setting is wrong or the disk is full, so that another start does not help.
 */
export function notOpened(location: string, error: unknown): DomainError {
  const failure = toFailure(error);
  const facts = { location, parameter: "data" };
  if (isUnusable(failure)) {
    const { message, cause } = storeUnavailable(location, failure);
    return new DomainError("StoreUnavailable", message, facts, { cause });
  }
  if (!(error instanceof Error && "syscall" in error)) return storeUnavailable(location, failure);
  const message = `${location} cannot be opened (${failure.message}); name another directory, or check its permissions`;
  return new DomainError("StoreUnavailable", message, facts, { cause: error });
}

/** Whether the location cannot be read or written at all. */
export function isUnusable({ errcode }: Failure): boolean {
  return [READONLY, FULL, CANTOPEN].includes(primary(errcode));
}

/** The low byte of an extended code is its basic code. */
function primary(errcode: number | undefined): number {
  return errcode === undefined ? -1 : errcode & 0xff;
}
