// Writes lines to a file descriptor, some hundred at a time. If they cannot be written (nobody reads them, or the disk is
// full), lines are lost, but the server goes on.

/** Writes bytes as `fs.write` does, to a descriptor that it knows. */
type WriteBytes = (
  bytes: Uint8Array,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

export interface BufferedWriterOptions {
  readonly write: WriteBytes;
  /** It is called with the number of bytes that were lost, as soon as lines can be written again. */
  readonly lost: (bytes: number) => void;
}

/** The size of one write, in bytes. Each write costs as much as a hundred lines do; no line is as long as this. */
const CHUNK_BYTES = 65_536;
/** A line waits at most so long for others, in ms. */
const FLUSH_MS = 500;
/** So many bytes may wait for a reader; lines beyond that are lost, so that memory stays bounded. */
const UNREAD_BYTES = 4 * 1024 * 1024;
/** A descriptor that had no room is tried again after so many ms. */
const BUSY_MS = 50;
/** The end of the process waits so long for the last lines, in ms. */
const CLOSE_MS = 1_000;

export class BufferedWriter {
  readonly #options: BufferedWriterOptions;
  readonly #timer: NodeJS.Timeout;
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #used = 0;
  #waiting: Uint8Array[] = [];
  #unread = 0;
  #lost = 0;
  #writing = false;
  #written = () => {};

  constructor(options: BufferedWriterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS).unref();
  }

  /** Adds a line, which must be ASCII and have its line end. */
  add(line: string): void {
    if (this.#used + line.length > CHUNK_BYTES) this.#flush();
    this.#used += this.#chunk.write(line, this.#used, "latin1");
  }

  /** Writes the lines that wait. Resolves when they are written, or after a second without success. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    if (this.#unread === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#written = resolve;
    const late = setTimeout(resolve, CLOSE_MS);
    await promise;
    clearTimeout(late);
  }

  #flush(): void {
    if (this.#used === 0) return;
    if (this.#unread + this.#used > UNREAD_BYTES) {
      this.#lost += this.#used;
    } else {
      this.#waiting.push(this.#chunk.subarray(0, this.#used));
      this.#unread += this.#used;
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    }
    this.#used = 0;
    this.#writeNext();
  }

  #writeNext(): void {
    const [next] = this.#waiting;
    if (this.#writing || next === undefined) return;
    this.#writing = true;
    this.#options.write(next, (error, written) => {
      this.#writing = false;
      if (error) this.#failed(error);
      else this.#wrote(next, written);
    });
  }

  #wrote(piece: Uint8Array, bytes: number): void {
    this.#unread -= bytes;
    if (bytes < piece.length) this.#waiting[0] = piece.subarray(bytes);
    else this.#waiting.shift();
    this.#writeNext();
    if (this.#unread > 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.#options.lost(lost);
    this.#written();
  }

  #failed({ code }: NodeJS.ErrnoException): void {
    if (code === "EAGAIN") {
      setTimeout(() => this.#writeNext(), BUSY_MS).unref();
      return;
    }
    this.#lost += this.#unread;
    this.#unread = 0;
    this.#waiting = [];
    this.#written();
  }
}
