import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../../core/errors.ts";

const AUDIT_KEY_FILE = "audit.key";

/**
 * The private key (PEM) that signs heads of the audit: `audit.key` in the data directory, which the first start makes.
 * @throws DomainError `StoreUnavailable` if others can read it.
 */
export function loadAuditKey(directory: string, make: () => string): string {
  if (directory === ":memory:") return make();
  const file = join(directory, AUDIT_KEY_FILE);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return write(file, make());
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    const found = (stat.mode & 0o777).toString(8).padStart(4, "0");
    throw new DomainError(
      "StoreUnavailable",
      `${file} can be read by others (mode ${found}, expected 0600), who could sign a changed audit with it: chmod 600 it, or delete it if somebody may have read it, and note the new key that taskscribe audit key tells`,
      { location: file },
    );
  }
  return readFileSync(file, "utf8");
}

function write(file: string, pem: string): string {
  const handle = openSync(file, "wx", 0o600);
  try {
    writeSync(handle, pem);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return pem;
}
