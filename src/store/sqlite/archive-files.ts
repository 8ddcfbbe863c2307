import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Where a line of the archive is: the number of the file, and the line's bytes in it. */
export interface LineLocation {
  readonly file: number;
  readonly start: number;
  readonly length: number;
}

/** The files of the archive. Lines are only appended, and never changed. */
export interface ArchiveFiles {
  /** Resolves when a power cut cannot undo the append. To be called again only after that. */
  append(lines: readonly string[]): Promise<readonly LineLocation[]>;
  read(location: LineLocation): Promise<string>;
}

const NEWLINE = "\n".charCodeAt(0);
const NAME = /^archive-(\d{6})\.jsonl$/;
/** A file that is larger is followed by a new one: small enough to be copied, large enough that there are few. */
const FULL_BYTES = 64 * 1024 * 1024;

/** The files `archive-000001.jsonl`, `archive-000002.jsonl` … in the data directory. */
export class DirectoryArchive implements ArchiveFiles {
  readonly #directory: string;
  readonly #fullBytes: number;

  constructor(directory: string, fullBytes = FULL_BYTES) {
    this.#directory = directory;
    this.#fullBytes = fullBytes;
  }

  async append(lines: readonly string[]): Promise<readonly LineLocation[]> {
    const newest = await this.#newest();
    const handle = await open(this.#path(newest), "a+", 0o600);
    try {
      const { size } = await handle.stat();
      if (size >= this.#fullBytes) return await this.#begin(newest + 1, lines);
      // A process that died while writing may have left half a line, which no row refers to.
      const torn = size > 0 && (await lastByte(handle, size)) !== NEWLINE;
      return await write(handle, newest, torn ? size + 1 : size, lines, torn ? "\n" : "");
    } finally {
      await handle.close();
    }
  }

  async read({ file, start, length }: LineLocation): Promise<string> {
    const handle = await open(this.#path(file), "r");
    try {
      // A row that was changed could name any length, and the memory for it would be taken first.
      const { size } = await handle.stat();
      if (!(start >= 0 && length >= 0 && start + length <= size)) {
        throw new RangeError(`${start} + ${length} bytes are not within its ${size}`);
      }
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async #begin(file: number, lines: readonly string[]): Promise<readonly LineLocation[]> {
    const handle = await open(this.#path(file), "a+", 0o600);
    try {
      return await write(handle, file, 0, lines, "");
    } finally {
      await handle.close();
      await this.#syncDirectory();
    }
  }

  async #newest(): Promise<number> {
    const names = await readdir(this.#directory);
    const numbers = names.map((name) => Number(NAME.exec(name)?.[1] ?? 0));
    const newest = Math.max(0, ...numbers);
    if (newest > 0) return newest;
    await (await open(this.#path(1), "a", 0o600)).close();
    await this.#syncDirectory();
    return 1;
  }

  /** Syncs the directory, without which the name of a new file could be lost. */
  async #syncDirectory(): Promise<void> {
    const handle = await open(this.#directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #path(file: number): string {
    if (!Number.isInteger(file) || file < 0) throw new RangeError(`there is no file ${file}`);
    return join(this.#directory, `archive-${String(file).padStart(6, "0")}.jsonl`);
  }
}

/** The archive of a store in memory. */
export class MemoryArchive implements ArchiveFiles {
  readonly #lines: string[] = [];

  async append(lines: readonly string[]): Promise<readonly LineLocation[]> {
    return lines.map((line) => ({ file: 0, start: this.#lines.push(line) - 1, length: 1 }));
  }

  async read({ start }: LineLocation): Promise<string> {
    return this.#lines[start] ?? "";
  }
}

async function write(
  handle: FileHandle,
  file: number,
  from: number,
  lines: readonly string[],
  before: string,
): Promise<readonly LineLocation[]> {
  let start = from;
  const locations = lines.map((line) => {
    const location = { file, start, length: Buffer.byteLength(line) };
    start += location.length + 1;
    return location;
  });
  await handle.appendFile(before + lines.map((line) => `${line}\n`).join(""));
  await handle.datasync();
  return locations;
}

async function lastByte(handle: FileHandle, size: number): Promise<number | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0];
}
