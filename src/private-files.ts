// Makes directories and files that only their owner can read, with any umask of the process.
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";

const DIRECTORY_MODE = 0o700;
export const FILE_MODE = 0o600;

/**
 * Makes a directory, and missing ones above it. Existing directories stay as they are.
 * Node's own `recursive` never ends where a file system refuses a new name with ENOENT, as /proc does.
 * @throws the system's error: EEXIST where something else has the name, ENOENT, ENOTDIR, EACCES, EROFS, ENOSPC …
 */
export function makePrivateDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  const above = dirname(directory);
  if (above !== directory) makePrivateDirectory(above);
  try {
    mkdirSync(directory, { mode: DIRECTORY_MODE });
  } catch (error) {
    const isMadeMeanwhile = statSync(directory, { throwIfNoEntry: false })?.isDirectory();
    if (isMadeMeanwhile) return;
    throw error;
  }
  chmodSync(directory, DIRECTORY_MODE); // the umask may have removed the owner's rights
}

/** Makes an empty file if it does not exist. An existing file is not opened, because this could drop a lock on it. */
export function makePrivateFile(file: string): void {
  try {
    closeSync(openSync(file, "wx", FILE_MODE));
    chmodSync(file, FILE_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Whether group or others can write it. Windows has no such modes: there the permissions of the directory decide. */
export function othersMayWrite(mode: number): boolean {
  return process.platform !== "win32" && (mode & 0o022) !== 0;
}
