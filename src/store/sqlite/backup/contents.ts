// What a backup may hold, and how its files are read: a backup can come from anywhere, so nothing in it is believed.
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { refusal } from "../file/inspect.ts";
import { ACCESS_FILE, ARCHIVE, SECRETS, TASKS_FILE, WEBHOOKS_FILE } from "./files.ts";
import type { BackedUpFile, Manifest } from "./manifest.ts";

const NAMES: ReadonlySet<string> = new Set([TASKS_FILE, ACCESS_FILE, WEBHOOKS_FILE, ...SECRETS]);
const DATABASES = [TASKS_FILE, ACCESS_FILE, WEBHOOKS_FILE];
/** What SQLite leaves beside a database and reads with it. A database in a backup has none. */
const BESIDE = ["-wal", "-shm", "-journal"];
const SHA256 = /^[0-9a-f]{64}$/;
const CHUNK_BYTES = 1 << 20;
const LONGEST_SHOWN = 80;
const ADVICE = "do not use it, and look at where it comes from";

/**
 * Checks names and sizes of the manifest, and that the files behind them are plain files. Nothing is read but the
 * manifest. @throws DomainError
 */
export function checkContents(directory: string, { files }: Manifest): void {
  const seen = new Set<string>();
  for (const file of files as readonly unknown[]) {
    const { name, bytes } = checkedEntry(directory, file);
    if (seen.has(name)) throw refusal(directory, `names ${name} twice`, ADVICE);
    seen.add(name);
    checkPlain(directory, name, bytes);
  }
  if (!seen.has(TASKS_FILE)) throw refusal(directory, `names no ${TASKS_FILE}`, ADVICE);
  const beside = DATABASES.flatMap((name) => BESIDE.map((end) => name + end));
  for (const name of readdirSync(directory)) {
    const isKnown = mayHold(name) || beside.includes(name);
    if (isKnown && !seen.has(name)) {
      throw refusal(directory, `holds ${name}, which its list does not name`, ADVICE);
    }
  }
}

function mayHold(name: string): boolean {
  return NAMES.has(name) || ARCHIVE.test(name);
}

function checkedEntry(directory: string, file: unknown): BackedUpFile {
  const { name, bytes, sha256 } = (file ?? {}) as Partial<Record<keyof BackedUpFile, unknown>>;
  if (typeof name !== "string" || !mayHold(name)) {
    const shown = (JSON.stringify(name) ?? "nothing").slice(0, LONGEST_SHOWN);
    throw refusal(directory, `names the file ${shown}, which no backup holds`, ADVICE);
  }
  const isSize = typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 0;
  if (isSize && typeof sha256 === "string" && SHA256.test(sha256)) return { name, bytes, sha256 };
  throw refusal(directory, `does not say the size and the checksum of ${name}`, ADVICE);
}

/** A link, a device or a pipe would be read somewhere else. */
function checkPlain(directory: string, name: string, bytes: number): void {
  const folder = dirname(name);
  const inside = lstatSync(join(directory, folder), { throwIfNoEntry: false });
  if (inside?.isDirectory() === false) {
    throw refusal(directory, `holds ${folder}, which is a link or no directory`, ADVICE);
  }
  const stat = lstatSync(join(directory, name), { throwIfNoEntry: false });
  if (!stat) throw refusal(directory, `lacks ${name}, which its list names`, "use another backup");
  if (!stat.isFile()) throw refusal(directory, `holds ${name}, which is a link or no file`, ADVICE);
  if (stat.size !== bytes) throw changed(directory, name, stat.size, bytes);
}

/** Reads a file as the manifest has it, in chunks; a link that took its place meanwhile is not followed. @throws DomainError */
export function readChecked(
  directory: string,
  { name, bytes, sha256 }: BackedUpFile,
  take: (chunk: Uint8Array) => void = () => {},
): void {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = openSync(join(directory, name), flags);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile() || stat.size !== bytes) throw changed(directory, name, stat.size, bytes);
    const found = createHash("sha256");
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (let left = bytes; left > 0; ) {
      const count = readSync(handle, buffer, 0, Math.min(left, CHUNK_BYTES), null);
      if (count === 0) break;
      left -= count;
      const chunk = buffer.subarray(0, count);
      found.update(chunk);
      take(chunk);
    }
    if (found.digest("hex") !== sha256) throw changed(directory, name, stat.size, bytes);
  } finally {
    closeSync(handle);
  }
}

function changed(directory: string, name: string, found: number, bytes: number): Error {
  const what = `is not the backup that was written: ${name} has changed since (${found} bytes, written ${bytes})`;
  return refusal(directory, what, "use another backup");
}
