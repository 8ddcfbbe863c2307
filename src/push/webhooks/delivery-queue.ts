import type { Clock } from "../../clock.ts";
import type { Task } from "../../core/task.ts";
import { Pace } from "../../pace.ts";
import type { StoredLane, Webhook, WebhookProgress } from "../../store/webhook-store.ts";
import type { Cursor } from "../cursor.ts";
import type { Feed } from "../feed.ts";
import type { FeedEntry } from "../feed-entry.ts";
import type { Wants } from "../readable-entries.ts";
import { DeliveryLane, type LaneHost } from "./delivery-lane.ts";
import type { HeldRoom } from "./held-bytes.ts";
import { deliverLane, FIRST_DELAY_MS, type LaneDeliveryHost } from "./lane-delivery.ts";
import type { DeliveryResult } from "./sender.ts";
import type { LaneRoom } from "./webhook-shares.ts";

/** Tasks of one webhook that have entries to be delivered. When there are this many, the log is read no further. */
const WINDOW = 1_000;
/** So many there may be in any case, however many the account's other webhooks have: none stands still because of them. */
const FLOOR = 20;

export interface DeliveryQueueHost {
  readonly feed: Feed;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly wants?: Wants;
  /** Positions that are dead letters already: they were given up before the last stop. */
  readonly dead: ReadonlySet<number>;
  /** What was not done with at the last stop, of entries up to the webhook's cursor. */
  readonly lanes: readonly StoredLane[];
  /** What the account may have of lanes. */
  readonly room: LaneRoom;
  readonly held: HeldRoom;
  /** Makes one attempt. */
  readonly attempt: (
    next: () => Promise<FeedEntry | undefined>,
    signal: AbortSignal,
  ) => Promise<DeliveryResult>;
  readonly putDeadLetter: (entry: FeedEntry, attempts: number, error: string) => Promise<void>;
  /** Called when `progress` is no longer as it was. */
  readonly moved: () => void;
}

/**
 * Delivers one webhook's entries. Each task has a lane: the entries of a lane are delivered in order, lanes beside each other, so
 * that an entry that fails holds up only its own task.
 */
export class DeliveryQueue {
  readonly webhook: Webhook;
  readonly #host: DeliveryQueueHost;
  readonly #laneHost: LaneHost;
  readonly #lanes = new Map<Task["id"], DeliveryLane>();
  /** The lanes as they are in the store. */
  readonly #saved = new Map<Task["id"], StoredLane>();
  readonly #wakers = new Set<() => void>();
  readonly #ending = new AbortController();
  #cursor: Cursor | undefined;
  /** The cursor was told that no more is wanted. What comes meanwhile waits in the log. */
  #isFull = false;

  constructor(webhook: Webhook, host: DeliveryQueueHost) {
    this.webhook = webhook;
    this.#host = host;
    const pace = new Pace(webhook.account, host.feed.turns);
    this.#laneHost = {
      read: (taskId, after) => host.feed.pages.after({ account: webhook.account, taskId }, after),
      wants: host.wants,
      isDead: (position) => host.dead.has(position),
      room: host.held,
      rest: () => pace.rest(),
    };
  }

  start(): void {
    for (const stored of this.#host.lanes) {
      this.#saved.set(stored.taskId, stored);
      this.#begin(DeliveryLane.of(stored, this.#laneHost));
    }
    this.#subscribe(this.webhook.cursor);
  }

  /** Every entry up to this position is delivered, is a dead letter, or is not wanted. */
  get position(): number {
    let position = this.#read;
    for (const { done } of this.#lanes.values()) position = Math.min(position, done);
    return position;
  }

  /** What has to be saved so that everything is as it is now. */
  get progress(): WebhookProgress {
    const lanes: StoredLane[] = [];
    for (const lane of this.#lanes.values()) {
      const { stored } = lane;
      if (!isSame(stored, this.#saved.get(lane.taskId))) lanes.push(stored);
    }
    const ended = [...this.#saved.keys()].filter((taskId) => !this.#lanes.has(taskId));
    return { cursor: this.#read, lanes, ended };
  }

  saved({ lanes, ended }: WebhookProgress): void {
    for (const lane of lanes) this.#saved.set(lane.taskId, lane);
    for (const taskId of ended) this.#saved.delete(taskId);
  }

  /** Aborted once nothing may be sent any more. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Calls off what is under way. @param reason why, in words: the result of what is called off. */
  stop(reason: string): void {
    if (this.signal.aborted) return;
    this.#host.room.add(-this.#lanes.size);
    this.#ending.abort(reason);
    this.#cursor?.close();
    for (const lane of this.#lanes.values()) lane.letGo();
    for (const wake of [...this.#wakers]) wake();
  }

  /** Up to here the log was read. */
  get #read(): number {
    return this.#cursor?.position ?? this.webhook.cursor;
  }

  #take(entry: FeedEntry): boolean {
    const { dead, moved } = this.#host;
    moved();
    if (dead.has(entry.position)) return true;
    const known = this.#lanes.get(entry.taskId);
    if (known !== undefined) known.add(entry);
    else {
      const before = entry.position - 1;
      const lane = new DeliveryLane(entry.taskId, before, before, this.#laneHost);
      lane.add(entry);
      this.#begin(lane);
    }
    this.#isFull = this.#lanes.size >= this.#most;
    return !this.#isFull;
  }

  get #most(): number {
    return this.#host.room.isFull ? FLOOR : WINDOW;
  }

  #begin(lane: DeliveryLane): void {
    this.#lanes.set(lane.taskId, lane);
    this.#host.room.add(1);
    void this.#deliver(lane);
  }

  async #deliver(lane: DeliveryLane): Promise<void> {
    const { clock, random, attempt, putDeadLetter, moved } = this.#host;
    const host: LaneDeliveryHost = {
      clock,
      random,
      signal: this.signal,
      attempt: (next) => attempt(next, this.signal),
      bury: putDeadLetter,
      moved,
      sleep: (ms) => this.#sleep(ms),
    };
    // Another entry may come while the end of the lane is being told.
    do await deliverLane(lane, host);
    while (!this.signal.aborted && !lane.isEmpty);
    if (this.signal.aborted) return;
    this.#lanes.delete(lane.taskId);
    this.#host.room.add(-1);
    moved();
    // Not at the first free place: a page of the log would be read for each entry.
    if (!this.#isFull || this.#lanes.size > this.#most / 2) return;
    this.#isFull = false;
    this.#cursor?.ready();
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
    const after = this.#read;
    await this.#sleep(FIRST_DELAY_MS);
    if (!this.signal.aborted) this.#subscribe(after);
  }

  #sleep(ms: number): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        callOff();
        this.#wakers.delete(wake);
        resolve();
      };
      const callOff = this.#host.clock.after(ms, wake);
      this.#wakers.add(wake);
    });
  }
}

function isSame(one: StoredLane, other: StoredLane | undefined): boolean {
  return (
    one.done === other?.done &&
    one.last === other.last &&
    one.attempts === other.attempts &&
    one.retryAt === other.retryAt &&
    one.isGivenUp === other.isGivenUp
  );
}
