import type { TaskEvent } from "../core/events.ts";
import type { Task } from "../core/task.ts";
import type { TaskService } from "../engine/task-service.ts";
import type { LoopTurns } from "../pace.ts";
import type { RecordedEvents } from "../store/store.ts";
import { Cursor, type Subscription } from "./cursor.ts";
import type { FeedEntry } from "./feed-entry.ts";
import { LogCursors, type Place } from "./log-cursors.ts";

const PAGE = 500;
/** A subscriber that reads on rests between the entries of a page, not while a page is read. */
const CURSOR_PAGE = 100;
/** The longest delay of a change while other subscribers are being told. */
const LONGEST_PAUSE_MS = 25;

/**
 * Passes every append on, in the order of the log, once. Whoever subscribes reads the log from a position on and then
 * goes live; the store is asked, not trusted to memory, wherever the two could differ:
 *
 * - commits are told in the order of each task, not of the log. They are collected for one turn and put in order; a
 *   position that is missing between two is read from the store before anything behind it goes out.
 * - a reader that is slow keeps nothing here but its position, and reads the log again once it is ready.
 */
export class Feed {
  readonly cursors: LogCursors;
  readonly #service: TaskService;
  readonly #turns: LoopTurns | undefined;
  readonly #byTask = new Map<string, Set<Cursor>>();
  readonly #byAccount = new Map<string, Set<Cursor>>();
  readonly #collected: FeedEntry[] = [];
  #flushing = false;
  /** The end of the last pass and as long again: what comes till then goes out together, in one write a client. */
  #restUntil = 0;
  /** Everything up to here was passed on to those who are live. */
  #watermark = 0;
  #begun: Promise<void> | undefined;
  #size = 0;

  /** @param turns how long works share the event loop; the process's own if absent. */
  constructor(service: TaskService, turns?: LoopTurns) {
    this.cursors = new LogCursors(service.logEpochs);
    this.#service = service;
    this.#turns = turns;
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** Subscriptions, for metrics and tests. */
  get size(): number {
    return this.#size;
  }

  committed(task: Task, events: readonly TaskEvent[], position: number): void {
    if (this.#size === 0) {
      if (position > this.#watermark) this.#watermark = position;
      return;
    }
    const { account, id: taskId, version } = task;
    const firstVersion = version - events.length + 1;
    this.#collected.push({ position, account, taskId, firstVersion, events, task });
    if (!this.#flushing) this.#flushSoon();
  }

  /** Begins to deliver what comes after `subscription.after`. */
  subscribe(subscription: Subscription): Cursor {
    const cursor = new Cursor(subscription, {
      turns: this.#turns,
      begun: () => this.#begin(),
      watermark: () => this.#watermark,
      read: (after) => this.#read(subscription, after),
      closed: () => this.#remove(cursor),
    });
    const { index, key } = this.#indexOf(subscription);
    const cursors = index.get(key) ?? new Set<Cursor>();
    index.set(key, cursors);
    cursors.add(cursor);
    this.#size += 1;
    cursor.ready();
    return cursor;
  }

  /** The position of the newest append. */
  async last(): Promise<number> {
    await this.#begin();
    return this.#watermark;
  }

  /**
   * As `LogCursors.place`. A cursor behind the end of the log is of a log that is no longer there, too: the files were
   * put back without a restore.
   */
  async place(cursor: string): Promise<Place | undefined> {
    const place = this.cursors.place(cursor);
    if (!place?.isPresent || place.position <= (await this.last())) return place;
    // What is committed and not yet passed on is part of this log.
    const end = await this.#service.lastPosition();
    return place.position <= end ? place : { isPresent: false, position: end };
  }

  /** Reads the watermark from the store: what was committed before the first subscription is known there alone. */
  #begin(): Promise<void> {
    this.#begun ??= this.#service.lastPosition().then(
      (last) => {
        if (last > this.#watermark) this.#watermark = last;
      },
      (error: unknown) => {
        this.#begun = undefined;
        throw error;
      },
    );
    return this.#begun;
  }

  /** Ends every subscription. */
  stop(): void {
    for (const cursor of this.#all()) cursor.cut();
  }

  /** At the end of the turn; after a pass that took long, only once others have had as much time. */
  #flushSoon(): void {
    this.#flushing = true;
    const pauseMs = this.#restUntil - performance.now();
    if (pauseMs < 1) setImmediate(() => void this.#flush());
    else setTimeout(() => void this.#flush(), pauseMs);
  }

  async #flush(): Promise<void> {
    const began = performance.now();
    try {
      await this.#begin();
      while (this.#collected.length > 0) {
        const entries = await this.#inOrder(this.#collected.splice(0));
        for (const entry of entries) {
          this.#pass(this.#byTask.get(entry.taskId), entry);
          this.#pass(this.#byAccount.get(entry.account), entry);
        }
        this.#watermark = entries.at(-1)?.position ?? this.#watermark;
      }
    } catch {
      // The store could not be read: every subscriber reads on from its own position instead of going on live.
      this.#collected.length = 0;
      for (const cursor of this.#all()) cursor.lose();
    } finally {
      // After what those who were told write at the end of the turn: that is most of the work.
      queueMicrotask(() => this.#flushed(began));
    }
  }

  #flushed(began: number): void {
    const now = performance.now();
    this.#restUntil = now + Math.min(now - began, LONGEST_PAUSE_MS);
    this.#flushing = false;
    if (this.#collected.length > 0) this.#flushSoon();
  }

  async #inOrder(collected: FeedEntry[]): Promise<readonly FeedEntry[]> {
    const fresh = collected.filter(({ position }) => position > this.#watermark);
    fresh.sort((a, b) => a.position - b.position);
    if (this.#isUnbroken(fresh)) return fresh;
    const last = fresh.at(-1)?.position ?? this.#watermark;
    const live = new Map(fresh.map((entry) => [entry.position, entry]));
    const all: FeedEntry[] = [];
    let after = this.#watermark;
    while (after < last) {
      const page = await this.#service.events({ after, limit: PAGE });
      if (page.length === 0) break;
      for (const entry of page) {
        after = entry.position;
        if (after <= last) all.push(live.get(after) ?? entry);
      }
    }
    return all;
  }

  /** Whether nothing is missing between the watermark and the last of these, which are in the order of the log. */
  #isUnbroken(entries: readonly FeedEntry[]): boolean {
    let before = this.#watermark;
    for (const { position } of entries) {
      if (!this.#service.isNext(before, position)) return false;
      before = position;
    }
    return true;
  }

  #pass(cursors: ReadonlySet<Cursor> | undefined, entry: FeedEntry): void {
    if (cursors === undefined) return;
    for (const cursor of cursors) cursor.pass(entry);
  }

  #all(): readonly Cursor[] {
    return [...this.#byTask.values(), ...this.#byAccount.values()].flatMap((set) => [...set]);
  }

  #read({ account, taskId }: Subscription, after: number): Promise<readonly RecordedEvents[]> {
    const query = { account, after, limit: CURSOR_PAGE };
    return this.#service.events(taskId === undefined ? query : { ...query, taskId });
  }

  #indexOf({ account, taskId }: Subscription) {
    return taskId === undefined
      ? { index: this.#byAccount, key: account }
      : { index: this.#byTask, key: taskId };
  }

  #remove(cursor: Cursor): void {
    const { index, key } = this.#indexOf(cursor.subscription);
    const cursors = index.get(key);
    if (cursors?.delete(cursor) !== true) return;
    this.#size -= 1;
    if (cursors.size === 0) index.delete(key);
  }
}
