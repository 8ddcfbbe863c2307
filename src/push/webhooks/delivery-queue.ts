import type { Clock } from "../../clock.ts";
import type { Task } from "../../core/task.ts";
import { fault } from "../../fault-points.ts";
import type { Webhook } from "../../store/webhook-store.ts";
import type { Cursor } from "../cursor.ts";
import type { Feed } from "../feed.ts";
import type { FeedEntry } from "../feed-entry.ts";
import type { Outcome } from "./sender.ts";

/** Entries of one webhook that are read and not yet delivered. Behind them, the log waits. */
const WINDOW = 1_000;
const MAX_ATTEMPTS = 16;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 3_600_000;

export interface CourierHost {
  readonly feed: Feed;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly wants?: (entry: FeedEntry) => boolean | Promise<boolean>;
  /** One attempt. */
  readonly attempt: (webhook: Webhook, entry: FeedEntry) => Promise<Outcome>;
  readonly bury: (entry: FeedEntry, attempts: number, error: string) => Promise<void>;
  /** The cursor can be moved on. */
  readonly moved: () => void;
}

/**
 * Delivers one webhook's entries: each task's in order, tasks beside each other, so that one that fails holds up
 * nobody but itself.
 */
export class Courier {
  readonly webhook: Webhook;
  readonly #host: CourierHost;
  readonly #lanes = new Map<Task["id"], FeedEntry[]>();
  /** Positions under way. The log is read in order, so the first one is the lowest. */
  readonly #open = new Set<number>();
  readonly #wakers = new Set<() => void>();
  #cursor: Cursor | undefined;
  #stopped = false;

  constructor(webhook: Webhook, host: CourierHost) {
    this.webhook = webhook;
    this.#host = host;
  }

  start(): void {
    this.#subscribe(this.webhook.cursor);
  }

  /** Everything up to here is done with. */
  get position(): number {
    const [lowest] = this.#open;
    if (lowest !== undefined) return lowest - 1;
    return this.#cursor?.position ?? this.webhook.cursor;
  }

  stop(): void {
    this.#stopped = true;
    this.#cursor?.close();
    for (const wake of [...this.#wakers]) wake();
  }

  #take(entry: FeedEntry): boolean {
    this.#open.add(entry.position);
    const lane = this.#lanes.get(entry.taskId);
    if (lane !== undefined) lane.push(entry);
    else {
      const entries = [entry];
      this.#lanes.set(entry.taskId, entries);
      void this.#run(entry.taskId, entries);
    }
    return this.#open.size < WINDOW;
  }

  async #run(taskId: string, lane: FeedEntry[]): Promise<void> {
    for (let entry = lane[0]; entry !== undefined; entry = lane[0]) {
      const done = await this.#deliver(entry).catch(() => false);
      if (this.#stopped) return;
      if (!done) {
        await this.#sleep(FIRST_DELAY_MS); // it could be neither delivered nor buried: the store fails
        continue;
      }
      lane.shift();
      this.#open.delete(entry.position);
      this.#host.moved();
      if (this.#open.size < WINDOW) this.#cursor?.ready();
    }
    this.#lanes.delete(taskId);
  }

  /** Until it is delivered or buried. */
  async #deliver(entry: FeedEntry): Promise<boolean> {
    const { attempt, bury, random } = this.#host;
    for (let attempts = 1; ; attempts++) {
      fault("before-delivery");
      const outcome = await attempt(this.webhook, entry);
      fault("after-delivery");
      if (outcome.delivered) return true;
      if (this.#stopped) return false;
      if (attempts >= MAX_ATTEMPTS) {
        await bury(entry, attempts, outcome.error);
        return true;
      }
      const delay = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS);
      await this.#sleep(delay * (0.8 + 0.4 * random()));
      if (this.#stopped) return false;
    }
  }

  #subscribe(after: number): void {
    const { wants, feed } = this.#host;
    this.#cursor = feed.subscribe({
      account: this.webhook.account,
      after,
      ...(wants && { wants }),
      deliver: (entry) => this.#take(entry),
      ended: (error) => {
        if (error !== undefined) void this.#subscribeLater();
      },
    });
  }

  /** The log could not be read: a little later, then, from where it stands. */
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
      const callOff = clock.schedule(clock.now() + ms, wake);
      this.#wakers.add(wake);
    });
  }
}
