import type { Clock } from "../../clock.ts";
import type { Task } from "../../core/task.ts";
import { fault } from "../../fault-points.ts";
import type { Webhook } from "../../store/webhook-store.ts";
import type { Cursor } from "../cursor.ts";
import type { Feed } from "../feed.ts";
import type { FeedEntry } from "../feed-entry.ts";
import type { DeliveryResult } from "./sender.ts";
import type { EntryRoom } from "./webhook-shares.ts";

/** Entries of one webhook that are read and not yet delivered. When there are this many, the log is read no further. */
const WINDOW = 1_000;
/** So many may be read in any case, however many the account's other webhooks have: none stands still because of them. */
const FLOOR = 20;
const MAX_ATTEMPTS = 16;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 3_600_000;

export interface DeliveryQueueHost {
  readonly feed: Feed;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly wants?: (entry: FeedEntry) => boolean | Promise<boolean>;
  /** Positions behind the webhook's cursor that are dead letters already: they were given up before the last stop. */
  readonly dead: ReadonlySet<number>;
  /** What the account may have of such entries. */
  readonly room: EntryRoom;
  /** Makes one attempt. */
  readonly attempt: (entry: FeedEntry, signal: AbortSignal) => Promise<DeliveryResult>;
  readonly putDeadLetter: (entry: FeedEntry, attempts: number, error: string) => Promise<void>;
  /** Called when `position` has grown. */
  readonly moved: () => void;
}

/**
 * Delivers one webhook's entries. The entries of one task are delivered in order, tasks beside each other, so that an
 * entry that fails holds up only its own task.
 */
export class DeliveryQueue {
  readonly webhook: Webhook;
  readonly #host: DeliveryQueueHost;
  readonly #byTask = new Map<Task["id"], FeedEntry[]>();
  /** Positions under way. The log is read in order, so the first one is the lowest. */
  readonly #open = new Set<number>();
  readonly #wakers = new Set<() => void>();
  #cursor: Cursor | undefined;
  /** The cursor was told that no more is wanted. What comes meanwhile waits in the log. */
  #isFull = false;
  readonly #ending = new AbortController();

  constructor(webhook: Webhook, host: DeliveryQueueHost) {
    this.webhook = webhook;
    this.#host = host;
  }

  start(): void {
    this.#subscribe(this.webhook.cursor);
  }

  /** Every entry up to this position is delivered, is a dead letter, or is not wanted. */
  get position(): number {
    const [lowest] = this.#open;
    if (lowest !== undefined) return lowest - 1;
    return this.#cursor?.position ?? this.webhook.cursor;
  }

  /** Aborted once nothing may be sent any more. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Calls off what is under way. @param reason why, in words: the result of what is called off. */
  stop(reason: string): void {
    if (this.#stopped) return;
    this.#host.room.add(-this.#open.size);
    this.#ending.abort(reason);
    this.#cursor?.close();
    for (const wake of [...this.#wakers]) wake();
  }

  get #stopped(): boolean {
    return this.#ending.signal.aborted;
  }

  #take(entry: FeedEntry): boolean {
    if (this.#host.dead.has(entry.position)) {
      this.#host.moved();
      return true;
    }
    this.#open.add(entry.position);
    this.#host.room.add(1);
    const waiting = this.#byTask.get(entry.taskId);
    if (waiting !== undefined) waiting.push(entry);
    else {
      const entries = [entry];
      this.#byTask.set(entry.taskId, entries);
      void this.#deliverAll(entry.taskId, entries);
    }
    this.#isFull = this.#open.size >= this.#most;
    return !this.#isFull;
  }

  get #most(): number {
    return this.#host.room.isFull ? FLOOR : WINDOW;
  }

  /** Delivers one task's entries, also those that are added meanwhile. */
  async #deliverAll(taskId: string, entries: FeedEntry[]): Promise<void> {
    for (let entry = entries[0]; entry !== undefined; entry = entries[0]) {
      const done = await this.#deliver(entry).catch(() => false);
      if (this.#stopped) return;
      if (!done) {
        await this.#sleep(FIRST_DELAY_MS); // the store failed, so that not even the dead letter could be kept
        continue;
      }
      entries.shift();
      this.#done(entry.position);
    }
    this.#byTask.delete(taskId);
  }

  #done(position: number): void {
    this.#open.delete(position);
    this.#host.room.add(-1);
    this.#host.moved();
    // Not at the first free place: a page of the log would be read for each entry.
    if (!this.#isFull || this.#open.size > this.#most / 2) return;
    this.#isFull = false;
    this.#cursor?.ready();
  }

  /** Tries until the entry is delivered or has become a dead letter; false when the queue is stopped before. */
  async #deliver(entry: FeedEntry): Promise<boolean> {
    const { attempt, putDeadLetter, random } = this.#host;
    for (let attempts = 1; ; attempts++) {
      fault("before-delivery");
      const result = await attempt(entry, this.signal);
      fault("after-delivery");
      if (result.delivered) return true;
      if (this.#stopped) return false;
      if (attempts >= MAX_ATTEMPTS) {
        await putDeadLetter(entry, attempts, result.error);
        return true;
      }
      const delay = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS);
      await this.#sleep(delay * (0.8 + 0.4 * random()));
      if (this.#stopped) return false;
    }
  }

  #subscribe(after: number): void {
    const { wants, feed, moved } = this.#host;
    const fits = (isWanted: boolean) => {
      if (!isWanted) moved(); // passed over, the entry is done with
      return isWanted;
    };
    this.#cursor = feed.subscribe({
      account: this.webhook.account,
      after,
      ...(wants && {
        wants: (entry) => {
          const isWanted = wants(entry);
          return typeof isWanted === "boolean" ? fits(isWanted) : isWanted.then(fits);
        },
      }),
      deliver: (entry) => this.#take(entry),
      ended: (error) => {
        if (error !== undefined) void this.#subscribeLater();
      },
    });
  }

  /** The log could not be read: subscribes again a little later, from the same position. */
  async #subscribeLater(): Promise<void> {
    const after = this.#cursor?.position ?? this.webhook.cursor;
    await this.#sleep(FIRST_DELAY_MS);
    if (!this.#stopped) this.#subscribe(after);
  }

  #sleep(ms: number): Promise<void> {
    const { clock } = this.#host;
    return new Promise((resolve) => {
      const wake = () => {
        callOff();
        this.#wakers.delete(wake);
        resolve();
      };
      const callOff = clock.after(ms, wake);
      this.#wakers.add(wake);
    });
  }
}
