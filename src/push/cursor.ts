import { type LoopTurns, Pace } from "../pace.ts";
import type { RecordedEvents } from "../store/store.ts";
import type { FeedEntry } from "./feed-entry.ts";

export interface Subscription {
  readonly account: string;
  /** Restricts the subscription to the events of this task. */
  readonly taskId?: string;
  /** The subscription begins after this position. */
  readonly after: number;
  /** Whether the entry is for this subscriber; its answer is the same whether live or read from the log. */
  readonly wants?: (entry: FeedEntry) => boolean | Promise<boolean>;
  /** Takes an entry. Returns false if it wants no more until `ready` is called; this entry counts as taken. */
  readonly deliver: (entry: FeedEntry) => boolean;
  /** Called when the subscription ends, with the reason if it was cut off or the store failed. */
  readonly ended: (error?: unknown) => void;
}

export interface CursorHost {
  /** Divides what is read from the log into turns of the event loop. */
  readonly turns?: LoopTurns | undefined;
  /** Resolves once the watermark is known. */
  readonly begun: () => Promise<void>;
  readonly watermark: () => number;
  /** The next entries behind a position. What is not taken of them is asked for again. */
  readonly read: (after: number) => Promise<readonly RecordedEvents[]>;
  readonly closed: () => void;
}

/** One subscriber's position in the log. It is live, or reads on from `position`, or waits until it is ready. */
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

  /** Says that the subscriber can take more. */
  ready(): void {
    this.#full = false;
    if (!this.#live && !this.#reading && !this.#closed) void this.#readOn();
  }

  /** Says that the subscriber takes no more for now, because what it took is still being sent. */
  wait(): void {
    this.#live = false;
    this.#full = true;
  }

  /** Passes a live entry on, in the order of the log. */
  pass(entry: FeedEntry): void {
    if (!this.#live || entry.position <= this.#position) return;
    const wanted = this.subscription.wants?.(entry) ?? true;
    if (typeof wanted !== "boolean") {
      // The answer needs the store. Later entries must not overtake this one, so all of them are read from the log.
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

  /** Goes back to reading the log, because the next entry is not known here. */
  lose(): void {
    this.#live = false;
    if (!this.#full) this.ready();
  }

  /** Ends the subscription and tells the subscriber. */
  cut(error?: unknown): void {
    if (this.#closed) return;
    this.close();
    this.subscription.ended(error);
  }

  /** Ends the subscription at the wish of the subscriber. */
  close(): void {
    this.#closed = true;
    this.#live = false;
    this.#host.closed();
  }

  async #readOn(): Promise<void> {
    this.#reading = true;
    const pace = new Pace(this.subscription.account, this.#host.turns);
    try {
      await this.#host.begun();
      let isItsTurn = false;
      while (!this.#closed && !this.#full && !this.#live) {
        const rest = pace.rest();
        if (rest !== undefined) {
          await rest;
          isItsTurn = true;
        }
        await this.#readPage(pace, isItsTurn);
        isItsTurn = false;
      }
    } catch (error) {
      this.cut(error);
    } finally {
      this.#reading = false;
    }
  }

  async #readPage(pace: Pace, isItsTurn: boolean): Promise<void> {
    if (this.#closed || this.#full) return;
    const before = this.#host.watermark();
    const entries = await this.#host.read(this.#position);
    if (this.#closed || this.#full) return;
    if (entries.length > 0) await this.#take(entries, pace, isItsTurn);
    // Nothing was passed on in the meantime, so the next entry that is passed on is the next one of the log.
    else this.#live = this.#host.watermark() <= Math.max(before, this.#position);
  }

  /**
   * Goes over these entries until the turn ends: what is left of them the host has when it comes back. In a turn of its own it
   * takes one at least, however long that was read.
   */
  async #take(entries: readonly RecordedEvents[], pace: Pace, isItsTurn: boolean): Promise<void> {
    let mayTake = isItsTurn;
    for (const entry of entries) {
      if (!mayTake && pace.isOver) return;
      mayTake = false;
      const wanted = this.subscription.wants?.(entry) ?? true;
      const deliver = typeof wanted === "boolean" ? wanted : await wanted;
      if (this.#closed) return;
      this.#position = entry.position;
      if (deliver && !this.subscription.deliver(entry)) this.#full = true;
      if (this.#full) return;
    }
  }
}
