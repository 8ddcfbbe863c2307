import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { FILE_MODE, makePrivateDirectory } from "../../../private-files.ts";

export const TASKS_FILE = "taskscribe.db";
export const ACCESS_FILE = "access.db";
export const WEBHOOKS_FILE = "webhooks.db";

export const ARCHIVE = /^archive-\d{6}\.jsonl$/;
const SECRET_KEY_FILES = ["secret.key", "secret.key.next"];
/** The secrets that open everything else, and what belongs to them: they are in a backup only if requested. */
export const SECRETS = [
  ...SECRET_KEY_FILES,
  ...["audit.key", "tls/ca.key", "tls/ca.pem", "tls/trust.p12"],
];

export function archiveFilesIn(directory: string): readonly string[] {
  return readdirSync(directory).filter((name) => ARCHIVE.test(name));
}

/** The files of the secret key and of the local CA that exist. */
export function secretFilesIn(directory: string): readonly string[] {
  return SECRETS.filter((name) =>
    statSync(join(directory, name), { throwIfNoEntry: false })?.isFile(),
  );
}

/** What the files of the secret key hold, to see whether they change. */
export function secretKeyIn(directory: string): string {
  const held = SECRET_KEY_FILES.map((name) => join(directory, name)).map((file) =>
    existsSync(file) ? readFileSync(file, "utf8") : "",
  );
  return held.join("\n");
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

/** Makes a new file, readable only by its owner, of what `fill` writes, and syncs it. @throws if the name exists, also as a link. */
export function writeDurably(
  file: string,
  fill: (write: (chunk: Uint8Array) => void) => void,
): void {
  makePrivateDirectory(dirname(file));
  const handle = openSync(file, "wx", FILE_MODE);
  try {
    fill((chunk) => {
      for (let at = 0; at < chunk.length; ) at += writeSync(handle, chunk, at);
    });
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
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
