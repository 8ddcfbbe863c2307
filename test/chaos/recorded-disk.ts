import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The operations of a program on one file of its directory, in their order. */
export interface Operation {
  readonly what: "open" | "write" | "truncate" | "sync" | "lose" | "unlink";
  readonly file: string;
  readonly at: number;
  readonly bytes: Buffer;
}

const SECTOR = 512;
/** The directory itself. A sync of it makes the names durable. */
const DIRECTORY = ".";

/** The recorder as a library, or the reason why there is none. */
export function compile(folder: string): { library: string } | { missing: string } {
  const library = join(folder, "disk.so");
  const source = join(import.meta.dirname, "disk.c");
  const args = ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"];
  const { status, error } = spawnSync("cc", args, { stdio: "inherit" });
  if (status === 0) return { library };
  return { missing: error?.message ?? `cc ended with ${status}` };
}

export interface Recording {
  readonly library: string;
  readonly root: string;
  readonly record: string;
  /** The call that fails, its file, and the number of the call: `sync:taskscribe.db-wal:3`. */
  readonly fail?: string;
}

/** Runs a script whose file operations below `root` are added to the record; resolves with how it ended. */
export async function runRecorded(
  script: string,
  args: readonly string[],
  { library, root, record, fail }: Recording,
): Promise<number | string | null> {
  const child = spawn(process.execPath, [script, root, ...args], {
    env: {
      ...process.env,
      LD_PRELOAD: library,
      DISK_ROOT: root,
      DISK_RECORD: record,
      ...(fail !== undefined && { DISK_FAIL: fail }),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  await once(child, "exit");
  return child.signalCode ?? child.exitCode;
}

export function readRecord(file: string): readonly Operation[] {
  const bytes = readFileSync(file);
  const operations: Operation[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\n", at);
    const [what = "", name = "", offset = "", length = ""] = bytes
      .toString("utf8", at, end)
      .split(" ");
    const size = Number(length);
    operations.push({
      what: what as Operation["what"],
      file: name,
      at: Number(offset),
      bytes: bytes.subarray(end + 1, end + 1 + size),
    });
    at = end + 1 + size;
  }
  return operations;
}

interface File {
  durable: Buffer;
  /** Writes that are not synced. A power cut leaves any part of them. */
  pending: Operation[];
}

/** A disk on which only what was synced is safe. */
export class Disk {
  readonly #files = new Map<string, File>();
  /** Removed files. Until the directory is synced, a power cut may bring them back. */
  readonly #ghosts = new Map<string, File>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** What was there before the record begins is safe. */
  load(directory: string): void {
    for (const name of readdirSync(directory)) {
      this.#files.set(name, { durable: readFileSync(join(directory, name)), pending: [] });
    }
  }

  apply(operation: Operation): void {
    const { what, file: name } = operation;
    if (name === DIRECTORY) {
      if (what === "sync") this.#ghosts.clear();
      return;
    }
    const file = this.#files.get(name) ?? { durable: Buffer.alloc(0), pending: [] };
    if (what === "unlink") {
      this.#files.delete(name);
      this.#ghosts.set(name, file);
      return;
    }
    this.#files.set(name, file);
    this.#ghosts.delete(name);
    if (what === "write" || what === "truncate") file.pending.push(operation);
    if (what === "sync") file.durable = file.pending.reduce(applied, file.durable);
    // A running write may have reached the disk or not. It is not continued.
    if (what === "lose") file.durable = this.#torn(file);
    if (what === "sync" || what === "lose") file.pending = [];
  }

  /** The directory as a power cut would leave it now. */
  cutPower(directory: string): void {
    mkdirSync(directory);
    for (const [name, file] of this.#files) writeFileSync(join(directory, name), this.#torn(file));
    for (const [name, file] of this.#ghosts) {
      if (this.#random() < 0.5) writeFileSync(join(directory, name), this.#torn(file));
    }
  }

  /** All, none or some sectors of what was not synced. */
  #torn({ durable, pending }: File): Buffer {
    const all = this.#random();
    let bytes = pending.length === 0 ? durable : Buffer.from(durable);
    for (const operation of pending) {
      if (all < 0.2 || (all < 0.8 && this.#random() < 0.4)) bytes = applied(bytes, operation);
      else if (all < 0.8 && operation.what === "write") bytes = this.#someSectors(bytes, operation);
    }
    return bytes;
  }

  #someSectors(bytes: Buffer, { at, bytes: written, ...rest }: Operation): Buffer {
    let left = bytes;
    for (let from = 0; from < written.length; ) {
      const to = Math.min(written.length, SECTOR * (Math.floor((at + from) / SECTOR) + 1) - at);
      const sector = { ...rest, at: at + from, bytes: written.subarray(from, to) };
      if (this.#random() < 0.5) left = applied(left, sector);
      from = to;
    }
    return left;
  }
}

/** Changes `before` where it is long enough: it belongs to nobody else. */
function applied(before: Buffer, { what, at, bytes }: Operation): Buffer {
  if (what === "truncate") return resized(before, at);
  const end = at + bytes.length;
  const after = before.length >= end ? before : resized(before, end);
  bytes.copy(after, at);
  return after;
}

function resized(bytes: Buffer, length: number): Buffer {
  const other = Buffer.alloc(length);
  bytes.copy(other);
  return other;
}
