import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  readdirSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { makePrivateDirectory } from "../../../private-files.ts";

export const TASKS_FILE = "taskscribe.db";
export const ACCESS_FILE = "access.db";
export const WEBHOOKS_FILE = "webhooks.db";

const ARCHIVE = /^archive-\d{6}\.jsonl$/;
/** The secrets that open everything else: they are in a backup only if requested. */
const SECRETS = ["secret.key", "tls"];

export function archiveFilesIn(directory: string): readonly string[] {
  return readdirSync(directory).filter((name) => ARCHIVE.test(name));
}

/** The files of the secret key and of the local CA that exist. */
export function secretFilesIn(directory: string): readonly string[] {
  return SECRETS.flatMap((name) => {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    if (!stat?.isDirectory()) return stat ? [name] : [];
    return readdirSync(join(directory, name)).map((inner) => `${name}/${inner}`);
  });
}

export function isEmptyOrMissing(directory: string): boolean {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return !stat || (stat.isDirectory() && readdirSync(directory).length === 0);
}

/** Copies a file, readable only by its owner, and syncs the copy. */
export function copyDurably(from: string, to: string): void {
  makePrivateDirectory(dirname(to));
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, 0o600);
  sync(to);
}

/** Syncs a file, or a directory for the names in it. */
export function sync(path: string): void {
  if (process.platform === "win32") return; // has no such thing for directories, and not for files opened to read
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
