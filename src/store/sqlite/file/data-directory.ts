import { lstatSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { DomainError } from "../../../core/errors.ts";
import { makePrivateDirectory, othersMayWrite } from "../../../private-files.ts";
import { toFailure } from "./failure.ts";

/**
 * Makes the data directory, accessible only to its owner, if it does not exist. Returns its full path.
 * @throws DomainError `StoreUnavailable` if it cannot be made, is a file, or if others may write in it.
 */
export function prepareDataDirectory(location: string): string {
  const directory = resolve(location);
  try {
    makePrivateDirectory(directory);
  } catch (error) {
    if (statSync(directory, { throwIfNoEntry: false })?.isFile()) {
      const found = "is a file, expected a directory";
      throw unusable(directory, found, "name the directory that holds taskscribe.db");
    }
    const found = `cannot be made (${toFailure(error).message})`;
    throw unusable(directory, found, "name another directory, or check the permissions above it");
  }
  refuseOthersMayWrite(directory);
  return directory;
}

/** Refuses a directory that others may write, because they could change what is stored. */
function refuseOthersMayWrite(directory: string): void {
  if (othersMayWrite(statSync(directory).mode)) {
    const found = `may be written by others (mode ${modeText(directory)})`;
    throw unusable(directory, found, `run: chmod go-w ${quoted(directory)}`);
  }
  const open = readdirSync(directory).find((name) => {
    const entry = lstatSync(join(directory, name), { throwIfNoEntry: false });
    return entry !== undefined && !entry.isSymbolicLink() && othersMayWrite(entry.mode);
  });
  if (open === undefined) return;
  const path = join(directory, open);
  const found = `may be written by others (mode ${modeText(path)})`;
  throw unusable(path, found, `run: chmod -R go-w ${quoted(directory)}`);
}

/** The error for a directory that cannot be used; another start does not help. */
function unusable(path: string, found: string, advice: string): DomainError {
  const facts = { location: path, parameter: "data" };
  return new DomainError("StoreUnavailable", `${path} ${found}; ${advice}`, facts);
}

function modeText(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8).padStart(4, "0");
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
