// Where the audit is shipped to: a file of JSON lines, or a server that takes them.
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { AuditSink } from "../access/audit/audit-shipper.ts";

const REQUEST_MS = 10_000;
const NEWLINE = 10;

/** Appends to a file that only its owner can read, and syncs it. The file may be renamed: then a new one is made. */
export class FileSink implements AuditSink {
  readonly name: string;
  readonly #file: string;
  #handle: FileHandle | undefined;

  constructor(file: string) {
    this.#file = file;
    this.name = file;
  }

  async send(lines: readonly string[]): Promise<void> {
    const handle = await this.#open();
    try {
      await handle.appendFile(lines.map((line) => `${line}\n`).join(""));
      await handle.datasync();
    } catch (error) {
      // What was written of it may be half a line: the next attempt looks at the end of the file again.
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #open(): Promise<FileHandle> {
    const known = this.#handle;
    if (known !== undefined) {
      const [own, named] = await Promise.all([known.stat(), statOf(this.#file)]);
      if (named !== undefined && own.ino === named.ino && own.dev === named.dev) return known;
      await this.close();
    }
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0 } = constants;
    const handle = await open(this.#file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      await endLine(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    return handle;
  }
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch {
    return undefined;
  }
}

/** A process that died while it wrote may have left half a line. */
async function endLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  if (size === 0) return;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer[0] !== NEWLINE) await handle.appendFile("\n");
}

/** Posts the lines (`application/x-ndjson`). Any answer but 2xx is a failure, and no redirect is followed. */
export class UrlSink implements AuditSink {
  readonly name: string;
  readonly #url: string;
  readonly #token: string | undefined;

  constructor(url: string, token: string | undefined) {
    const { origin, pathname } = new URL(url);
    // A query can hold a token.
    this.name = `${origin}${pathname}`;
    this.#url = url;
    this.#token = token;
  }

  async send(lines: readonly string[]): Promise<void> {
    const response = await fetch(this.#url, {
      method: "POST",
      redirect: "manual",
      headers: {
        "content-type": "application/x-ndjson",
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      body: lines.map((line) => `${line}\n`).join(""),
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${this.name} answered ${response.status}`);
  }

  async close(): Promise<void> {}
}
