import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { KEY_BYTES } from "../../access/secrets/sealing.ts";
import type { SecretKeySource } from "../../access/secrets/secret-keys.ts";
import { DomainError } from "../../core/errors.ts";
import { fault } from "../../fault-points.ts";
import { FILE_MODE } from "../../private-files.ts";
import { keysIn } from "./key-text.ts";

const FILE = "secret.key";
/** The key of a rotation that is under way. It is there before anything is encrypted with it. */
const NEXT_FILE = "secret.key.next";

/**
 * The key in `secret.key` of the data directory, which the first start makes. A rotation writes the next key beside it, has the
 * data keys encrypted with that one, and then puts it in the place of the old one. A start finishes what was begun.
 */
export function ownSecretKey(directory: string): SecretKeySource {
  const [file, nextFile] = [join(directory, FILE), join(directory, NEXT_FILE)];
  return {
    name: `${FILE} in the data directory`,
    read: async (needed) => {
      const found = [...keysOf(nextFile), ...keysOf(file)];
      if (found.length > 0) return found;
      if (needed) throw missing(file);
      return [make(file)];
    },
    makeNext: () => {
      refuseLink(file);
      // One that is there is of a rotation whose write failed, or seemed to fail: nobody knows which key counts.
      const next =
        keysOf(nextFile)[0] ??
        told(() => make(nextFile), `a new key could not be written (${nextFile}); nothing changed`);
      fault("after-next-secret-key");
      return next;
    },
    settled: () => {
      if (statSync(nextFile, { throwIfNoEntry: false }) === undefined) return;
      fault("before-secret-key-swap");
      told(() => {
        renameSync(nextFile, file);
        syncDirectory(directory);
      }, `the secret key was exchanged, and the new one is in ${nextFile}; it could not take the place of ${FILE}, which the next start does`);
    },
  };
}

/** @throws DomainError `StoreUnavailable` that says what the failure of the disk means. */
function told<T>(act: () => T, meaning: string): T {
  try {
    return act();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new DomainError("StoreUnavailable", `${meaning} (${reason})`, { reason });
  }
}

/** The keys in a file; none if there is no such file. */
function keysOf(file: string): readonly Buffer[] {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  // Windows has no such modes: there the directory's own permissions decide.
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) throw exposed(file, stat.mode);
  return keysIn(readFileSync(file, "utf8"), file);
}

function make(file: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  // It gets its name when it is whole, so that a process that is killed leaves no part of a key.
  const partial = `${file}.partial`;
  const handle = openSync(partial, "w", FILE_MODE);
  try {
    writeSync(handle, `${key.toString("base64")}\n`);
    // Synced before anything is encrypted with the key, because that would be lost without it.
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, file);
  syncDirectory(dirname(file));
  return key;
}

/** Windows has no such thing for directories. */
function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function refuseLink(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new DomainError(
    "ResourceBusy",
    `${file} is a link, so that a new key cannot take its place; name the file in the setting secretKeyFile, and put the new key there`,
    { location: file },
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
