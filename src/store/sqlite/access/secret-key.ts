import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../../core/errors.ts";

const SECRET_KEY_BYTES = 32;
const SECRET_KEY_FILE = "secret.key";

export interface SecretKeyOptions {
  /** The key from the environment or the configuration; then no file is read or made. */
  readonly given?: string | undefined;
  /** Whether data is encrypted already, so that a new key could not open it. */
  readonly needed: boolean;
}

/**
 * The key that encrypts secrets at rest: given, or from `secret.key` in the data directory, which the first start
 * makes.
 * @throws DomainError that says what is wrong with the key, and never shows the key.
 */
export function loadSecretKey(directory: string, { given, needed }: SecretKeyOptions): Buffer {
  if (given !== undefined) return decode(given, "TASKSCRIBE_SECRET_KEY");
  if (directory === ":memory:") return randomBytes(SECRET_KEY_BYTES);
  const file = join(directory, SECRET_KEY_FILE);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    if (needed) throw missing(file);
    return make(file);
  }
  // Windows has no such modes: there the directory's own permissions decide.
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) throw exposed(file, stat.mode);
  return decode(readFileSync(file, "utf8"), file);
}

function make(file: string): Buffer {
  const key = randomBytes(SECRET_KEY_BYTES);
  const handle = openSync(file, "wx", 0o600);
  try {
    writeSync(handle, `${key.toString("base64")}\n`);
    // Synced before anything is encrypted with the key, because that would be lost without it.
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return key;
}

function decode(text: string, source: string): Buffer {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === SECRET_KEY_BYTES) return key;
  throw new DomainError(
    "InvalidParameter",
    `${source} holds ${key.length} bytes, expected ${SECRET_KEY_BYTES} in base64; make one with: openssl rand -base64 ${SECRET_KEY_BYTES}`,
    { parameter: "secretKey" },
  );
}

function exposed(file: string, mode: number): DomainError {
  const found = (mode & 0o777).toString(8).padStart(4, "0");
  return new DomainError(
    "StoreUnavailable",
    `${file} can be read by others (mode ${found}, expected 0600), and with it every secret of this directory: chmod 600 it, and replace the access keys if somebody may have read it`,
    { location: file },
  );
}

function missing(file: string): DomainError {
  return new DomainError(
    "StoreUnavailable",
    `${file} is missing, and secrets in this directory are encrypted with it: put it back, or give it in TASKSCRIBE_SECRET_KEY`,
    { location: file },
  );
}
