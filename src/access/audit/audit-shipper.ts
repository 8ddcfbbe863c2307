import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { AccessStore } from "../../store/access-store.ts";

/** Where entries are shipped to. */
export interface AuditSink {
  /** What it is for people, without any secret. */
  readonly name: string;
  /** Takes lines of JSON, in order. Resolves when they are safe there. */
  send(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const BATCH = 200;
/** New entries are waited for, so that they go together. */
const GATHER_MS = 250;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
const DOUBLING = 2;

export interface AuditShipperOptions {
  readonly store: AccessStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly sink: AuditSink;
  /** The mark that keeps the position, one for each kind of sink. */
  readonly mark: string;
  /** The value of that mark. */
  readonly position: string | undefined;
}

/**
 * Ships the audit to a sink: every entry at least once and in order, signed heads after the entries that they cover. It
 * reads what is stored and keeps its position there, so no request waits for it, and it goes on after a restart.
 */
export class AuditShipper {
  readonly #options: AuditShipperOptions;
  #shipped: Shipped;
  #timer: (() => void) | undefined;
  #under: Promise<void> | undefined;
  #failures = 0;
  #more = false;
  #isClosed = false;

  constructor(options: AuditShipperOptions) {
    this.#options = options;
    this.#shipped = shippedOf(options.position);
    this.wake();
  }

  /** The number of the last entry that is there. */
  get position(): number {
    return this.#shipped.entry;
  }

  /** There is something new. */
  readonly wake = (): void => {
    this.#more = true;
    if (this.#timer === undefined && this.#under === undefined) this.#schedule(GATHER_MS);
  };

  /** Ships what is left, in one attempt, which the sink has to end by itself. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.();
    this.#timer = undefined;
    await this.#under;
    await this.#round();
    await this.#options.sink.close();
  }

  #schedule(delay: number): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    this.#timer = clock.after(delay, () => {
      this.#timer = undefined;
      this.#under = this.#round().finally(() => {
        this.#under = undefined;
        if (this.#failures > 0) this.#schedule(retryAfter(this.#failures));
        else if (this.#more) this.#schedule(GATHER_MS);
      });
    });
  }

  async #round(): Promise<void> {
    const { log, sink } = this.#options;
    this.#more = false;
    try {
      while (await this.#shipBatch());
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      const facts = {
        err: error,
        to: sink.name,
        after: this.#shipped.entry,
        failures: this.#failures,
      };
      log.warn(facts, "the audit could not be shipped yet");
    }
  }

  /** Whether there may be more. @throws what the sink or the store throws */
  async #shipBatch(): Promise<boolean> {
    const { store, sink, mark } = this.#options;
    const { entry, head } = this.#shipped;
    const entries = await store.readAudit({ after: entry, limit: BATCH });
    const last = entries.at(-1)?.seq ?? entry;
    // A head is signed after its entry was written, and perhaps shipped.
    const heads = (await store.readHeads(head, BATCH)).filter(({ seq }) => seq <= last);
    if (entries.length + heads.length === 0) return false;
    const lines = [...entries, ...heads.map((one) => ({ head: one }))];
    await sink.send(lines.map((line) => JSON.stringify(line)));
    const shipped = { entry: last, head: heads.at(-1)?.seq ?? head };
    const value = JSON.stringify(shipped);
    await store.write({ changes: [{ type: "put-mark", name: mark, value }] });
    this.#shipped = shipped;
    return true;
  }
}

/** The last entry and the last head that are there. */
interface Shipped {
  readonly entry: number;
  readonly head: number;
}

/** From the beginning if the mark says nothing that can be read: nothing must be left out. */
function shippedOf(mark: string | undefined): Shipped {
  try {
    const { entry, head } = JSON.parse(mark ?? "{}") as Partial<Shipped>;
    if (Number.isSafeInteger(entry) && Number.isSafeInteger(head)) {
      return { entry: Number(entry), head: Number(head) };
    }
  } catch {
    // Not JSON.
  }
  return { entry: 0, head: 0 };
}

function retryAfter(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * DOUBLING ** Math.min(failures - 1, 10));
}
