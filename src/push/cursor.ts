import type { RecordedEvents } from "../store/store.ts";
import type { FeedEntry } from "./feed-entry.ts";

export interface Subscription {
  readonly account: string;
  /** Only this task's events. */
  readonly taskId?: string;
  /** Begin after this position. */
  readonly after: number;
  /** Whether the entry is for this subscriber; its answer is the same whether live or read from the log. */
  readonly wants?: (entry: FeedEntry) => boolean | Promise<boolean>;
  /** Takes an entry. False: no more until `ready` is called; this one counts as taken. */
  readonly deliver: (entry: FeedEntry) => boolean;
  /** No more comes, and why: it was cut off, or the store failed. */
  readonly ended: (error?: unknown) => void;
}

export interface CursorHost {
  /** Resolves once the watermark means something. */
  readonly begun: () => Promise<void>;
  readonly watermark: () => number;
  readonly read: (after: number) => Promise<readonly RecordedEvents[]>;
  readonly closed: () => void;
}

/** One subscriber's place in the log. Either live, or reading on from `position`, or waiting until it is ready. */
export class Cursor {
  readonly subscription: Subscription;
  readonly #host: CursorHost;
  #position: number;
  #live = false;
  #reading = false;
  #full = false;
  #closed = false;

  constructor(subscription: Subscription, host: CursorHost) {
    this.subscription = subscription;
    this.#host = host;
    this.#position = subscription.after;
  }

  /** Everything up to here has been taken, or is not for this subscriber. */
  get position(): number {
    return this.#position;
  }

  /** More can be taken. */
  ready(): void {
    this.#full = false;
    if (!this.#live && !this.#reading && !this.#closed) void this.#readOn();
  }

  /** No more for now: what was taken is still on its way. */
  wait(): void {
    this.#live = false;
    this.#full = true;
  }

  /** A live entry, in the order of the log. */
  pass(entry: FeedEntry): void {
    if (!this.#live || entry.position <= this.#position) return;
    const wanted = this.subscription.wants?.(entry) ?? true;
    if (typeof wanted !== "boolean") {
      // It takes a look at the log: so does the rest, or it would overtake.
      wanted.catch(() => undefined);
      this.lose();
      return;
    }
    if (wanted && !this.subscription.deliver(entry)) {
      this.#live = false;
      this.#full = true;
    }
    this.#position = entry.position;
  }

  /** What comes next is not known here: back to the log. */
  lose(): void {
    this.#live = false;
    if (!this.#full) this.ready();
  }

  /** Ends it from this side. */
  cut(error?: unknown): void {
    if (this.#closed) return;
    this.close();
    this.subscription.ended(error);
  }

  /** Ends it from the other side. */
  close(): void {
    this.#closed = true;
    this.#live = false;
    this.#host.closed();
  }

  async #readOn(): Promise<void> {
    this.#reading = true;
    try {
      await this.#host.begun();
      while (!this.#closed && !this.#full && !this.#live) {
        const before = this.#host.watermark();
        const page = await this.#host.read(this.#position);
        await this.#take(page);
        if (this.#closed || this.#full || page.length > 0) continue;
        // Nothing came by since: from here on, what is passed on is what comes next.
        this.#live = this.#host.watermark() <= Math.max(before, this.#position);
      }
    } catch (error) {
      this.cut(error);
    } finally {
      this.#reading = false;
    }
  }

  async #take(page: readonly RecordedEvents[]): Promise<void> {
    for (const entry of page) {
      const wanted = this.subscription.wants?.(entry) ?? true;
      const deliver = typeof wanted === "boolean" ? wanted : await wanted;
      if (this.#closed) return;
      this.#position = entry.position;
      if (deliver && !this.subscription.deliver(entry)) this.#full = true;
      if (this.#full) return;
    }
  }
}
