import type { Position } from "../../store/store.ts";
import type { StoredLane } from "../../store/webhook-store.ts";
import type { FeedEntry } from "../feed-entry.ts";
import { memoryBytes } from "../kept-bytes.ts";
import type { Wants } from "../readable-entries.ts";
import type { HeldRoom } from "./held-bytes.ts";

/** So many entries of one task are kept in memory; the others are read again when it is their turn. */
const KEPT = 20;

export interface LaneHost {
  /** The next entries of the task behind a position, in order; none: there are no more. */
  readonly read: (taskId: string, after: Position) => Promise<readonly FeedEntry[]>;
  readonly wants: Wants | undefined;
  /** Whether the entry is a dead letter already. */
  readonly isDead: (position: Position) => boolean;
  readonly room: HeldRoom;
  /** Undefined, or what to wait for before it goes on, so that others get their turn. */
  readonly rest: () => Promise<void> | undefined;
}

/**
 * The entries of one task that a webhook has yet to deliver, in order. It knows between which positions they are, and keeps the
 * entries themselves only as long as there is room; else it reads them from the log again.
 */
export class DeliveryLane {
  readonly taskId: string;
  /** How often the next entry was tried. */
  attempts = 0;
  /** When the next entry is tried again, in ms since the epoch; 0: it was not tried. */
  retryAt = 0;
  /** The entry before the next one was given up, and nothing was delivered since. */
  isGivenUp = false;
  readonly #host: LaneHost;
  #done: Position;
  #last: Position;
  /** The next entries, without a gap. */
  readonly #kept: { readonly entry: FeedEntry; readonly bytes: number }[] = [];

  constructor(taskId: string, done: Position, last: Position, host: LaneHost) {
    this.taskId = taskId;
    this.#done = done;
    this.#last = last;
    this.#host = host;
  }

  static of(stored: StoredLane, host: LaneHost): DeliveryLane {
    const { taskId, done, last, attempts, retryAt, isGivenUp } = stored;
    return Object.assign(new DeliveryLane(taskId, done, last, host), {
      attempts,
      retryAt,
      isGivenUp,
    });
  }

  get stored(): StoredLane {
    const { taskId, attempts, retryAt, isGivenUp } = this;
    return { taskId, done: this.#done, last: this.#last, attempts, retryAt, isGivenUp };
  }

  /** Everything of the task up to here is done with. */
  get done(): Position {
    return this.#done;
  }

  /** The newest entry that is to be delivered. */
  get last(): Position {
    return this.#last;
  }

  get isEmpty(): boolean {
    return this.#done >= this.#last;
  }

  /** A newer entry of the task. */
  add(entry: FeedEntry): void {
    const isWhole = (this.#kept.at(-1)?.entry.position ?? this.#done) >= this.#last;
    this.#last = entry.position;
    if (isWhole && this.#kept.length < KEPT) this.#keep(entry, false);
  }

  /** The next entries, at least one; none: nothing is left. @throws DomainError `StoreUnavailable` */
  async next(): Promise<readonly FeedEntry[]> {
    while (this.#kept.length === 0 && !this.isEmpty) {
      const page = await this.#host.read(this.taskId, this.#done);
      await this.#takeUp(page.filter(({ position }) => position <= this.#last));
      await this.#host.rest();
    }
    return this.#kept.map(({ entry }) => entry);
  }

  /** The entry, and all before it, are done with: delivered, or given up. */
  finish(entry: FeedEntry): void {
    while ((this.#kept[0]?.entry.position ?? Number.POSITIVE_INFINITY) <= entry.position) {
      this.#host.room.add(-(this.#kept.shift()?.bytes ?? 0));
    }
    this.#done = Math.max(this.#done, entry.position);
    this.attempts = 0;
    this.retryAt = 0;
  }

  /** Keeps no entry in memory until it is its turn again. */
  letGo(): void {
    for (const { bytes } of this.#kept.splice(0)) this.#host.room.add(-bytes);
  }

  async #takeUp(page: readonly FeedEntry[]): Promise<void> {
    // What is no longer in the log is not delivered any more.
    if (page.length === 0) this.#done = this.#last;
    for (const entry of page) {
      const isWanted = !this.#host.isDead(entry.position) && (await this.#wants(entry));
      if (isWanted && !this.#keep(entry, this.#kept.length === 0)) return;
      if (this.#kept.length >= KEPT) return;
      if (!isWanted && this.#kept.length === 0) this.#done = entry.position;
    }
  }

  #wants(entry: FeedEntry): boolean | Promise<boolean> {
    return this.#host.wants?.(entry) ?? true;
  }

  /** False if there is no room for it, unless it is needed now. */
  #keep(entry: FeedEntry, isNeeded: boolean): boolean {
    const bytes = memoryBytes(entry.events);
    const { room } = this.#host;
    if (!isNeeded && !room.hasFor(bytes)) return false;
    this.#kept.push({ entry, bytes });
    room.add(bytes);
    return true;
  }
}
