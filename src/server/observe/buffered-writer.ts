// Lines on their way to a file descriptor, some hundred at a time. Whatever becomes of them costs lines, never the server:
// nobody may read them, or the disk may be full.

/** `fs.write` to some descriptor. */
type WriteBytes = (
  bytes: Uint8Array,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

export interface PiecesOptions {
  readonly write: WriteBytes;
  /** Hears how much was lost, in bytes, as soon as lines can be written again. */
  readonly lost: (bytes: number) => void;
}

/** A write costs as much as a hundred lines, however short it is. No line is as long. */
const PIECE_BYTES = 65_536;
/** How long a line waits for others at most. */
const FLUSH_MS = 500;
/** Lines beyond this that wait for a reader are lost: memory stays bounded. */
const UNREAD_BYTES = 4 * 1024 * 1024;
/** Until a descriptor that had no room is tried again. */
const BUSY_MS = 50;
/** How long the end of the process waits for the last lines. */
const CLOSE_MS = 1_000;

export class Pieces {
  readonly #options: PiecesOptions;
  readonly #timer: NodeJS.Timeout;
  #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #used = 0;
  #waiting: Uint8Array[] = [];
  #unread = 0;
  #lost = 0;
  #writing = false;
  #written = () => {};

  constructor(options: PiecesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS).unref();
  }

  /** A line with its end, all ASCII. */
  add(line: string): void {
    if (this.#used + line.length > PIECE_BYTES) this.#flush();
    this.#used += this.#piece.write(line, this.#used, "latin1");
  }

  /** Writes what is there; resolves after that, or after a second without success. */
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
      this.#waiting.push(this.#piece.subarray(0, this.#used));
      this.#unread += this.#used;
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
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
