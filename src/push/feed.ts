import { type Budgets, DEFAULT_BUDGETS } from "../budgets.ts";
import type { TaskEvent } from "../core/events.ts";
import type { Task } from "../core/task.ts";
import type { TaskService } from "../engine/task-service.ts";
import { EVERYBODY, type LoopTurns, Pace } from "../pace.ts";
import { walkLog } from "../store/log-walk.ts";
import { Cursor, type Subscription } from "./cursor.ts";
import type { FeedEntry } from "./feed-entry.ts";
import { memoryBytes, type Reached } from "./kept-bytes.ts";
import { LogCursors, type Place } from "./log-cursors.ts";
import { LogPages } from "./log-pages.ts";
import { TaskStates } from "./task-states.ts";

/** The longest delay of a change while other subscribers are being told. */
const LONGEST_PAUSE_MS = 25;

export interface FeedOptions {
  readonly turns?: LoopTurns;
  /** Those that are not given are as in the table. */
  readonly budgets?: Partial<Budgets>;
  /** Hears of each bound that was reached. */
  readonly reached?: Reached;
}

/**
 * Passes every append on, in the order of the log, once. Whoever subscribes reads the log from a position on and then
 * goes live; the store is asked, not trusted to memory, wherever the two could differ:
 *
 * - commits are told in the order of each task, not of the log. They are collected for one turn and put in order; a
 *   position that is missing between two is read from the store before anything behind it goes out.
 * - a reader that is slow keeps nothing here but its position, and reads the log again once it is ready.
 */
export class Feed {
  readonly budgets: Budgets;
  readonly cursors: LogCursors;
  /** The pages of the log that are kept for all subscribers together. */
  readonly pages: LogPages;
  /** The tasks as they were that are kept for the filters of all subscribers together. */
  readonly states: TaskStates;
  /** How long works share the event loop; the process's own way if absent. */
  readonly turns: LoopTurns | undefined;
  readonly #service: TaskService;
  readonly #reachedBound: Reached;
  readonly #byTask = new Map<string, Set<Cursor>>();
  readonly #byAccount = new Map<string, Set<Cursor>>();
  readonly #collected: FeedEntry[] = [];
  #collectedBytes = 0;
  #flushing = false;
  /** The end of the last pass and as long again: what comes till then goes out together, in one write a client. */
  #restUntil = 0;
  /** Everything up to here was passed on to those who are live. */
  #watermark = 0;
  #begun: Promise<void> | undefined;
  #size = 0;

  constructor(service: TaskService, { turns, budgets, reached = () => {} }: FeedOptions = {}) {
    this.budgets = { ...DEFAULT_BUDGETS, ...budgets };
    this.cursors = new LogCursors(service.logEpochs);
    this.pages = new LogPages((query) => service.events(query), this.budgets, reached);
    this.states = new TaskStates(service, this.budgets, reached);
    this.turns = turns;
    this.#reachedBound = reached;
    this.#service = service;
  }

  get watermark(): number {
    return this.#watermark;
  }

  /** Subscriptions, for metrics and tests. */
  get size(): number {
    return this.#size;
  }

  /** What the events that wait to be passed on take in memory, about. */
  get waitingBytes(): number {
    return this.#collectedBytes;
  }

  committed(task: Task, events: readonly TaskEvent[], position: number): void {
    if (this.#size === 0) {
      this.#reached(position);
      return;
    }
    const { account, id: taskId, version } = task;
    const firstVersion = version - events.length + 1;
    this.#collected.push({ position, account, taskId, firstVersion, events, task });
    this.#collectedBytes += memoryBytes(events);
    if (this.#collectedBytes > this.budgets.waitingEntriesBytes) this.#loseTooMany();
    if (!this.#flushing) this.#flushSoon();
  }

  #loseTooMany(): void {
    this.#reachedBound("waitingEntriesBytes");
    this.#loseAll();
  }

  /** Every subscriber reads on from its own position instead of going on live. */
  #loseAll(): void {
    // Whoever goes live from now on has read what is dropped here.
    for (const { position } of this.#takeCollected()) this.#reached(position);
    for (const cursor of this.#all()) cursor.lose();
  }

  #takeCollected(): FeedEntry[] {
    this.#collectedBytes = 0;
    return this.#collected.splice(0);
  }

  #reached(position: number): void {
    if (position > this.#watermark) this.#watermark = position;
  }

  /** Begins to deliver what comes after `subscription.after`. */
  subscribe(subscription: Subscription): Cursor {
    const { account, taskId } = subscription;
    const log = taskId === undefined ? { account } : { account, taskId };
    const cursor = new Cursor(subscription, {
      turns: this.turns,
      begun: () => this.#begin(),
      watermark: () => this.#watermark,
      read: (after) => this.pages.after(log, after),
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
      (last) => this.#reached(last),
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
      const pace = new Pace(EVERYBODY, this.turns);
      while (this.#collected.length > 0) {
        const entries = await this.#inOrder(this.#takeCollected());
        for (const entry of entries) {
          // First, so that whoever goes live during a rest knows that this one was passed on without it.
          this.#reached(entry.position);
          await this.#pass(this.#byTask.get(entry.taskId), entry, pace);
          await this.#pass(this.#byAccount.get(entry.account), entry, pace);
        }
      }
    } catch {
      this.#loseAll(); // the store could not be read
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
    let bytes = 0;
    const { waitingEntriesBytes } = this.budgets;
    const walked = { after: this.#watermark, pace: new Pace(EVERYBODY, this.turns) };
    await walkLog(this.#service, walked, (entry) => {
      if (entry.position > last) return false;
      all.push(live.get(entry.position) ?? entry);
      bytes += memoryBytes(entry.events);
      return entry.position < last && bytes <= waitingEntriesBytes;
    });
    if (bytes <= waitingEntriesBytes) return all;
    // Another process has written more than can be passed on together.
    this.#reached(last);
    this.#loseTooMany();
    return [];
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

  async #pass(
    cursors: ReadonlySet<Cursor> | undefined,
    entry: FeedEntry,
    pace: Pace,
  ): Promise<void> {
    if (cursors === undefined) return;
    for (const cursor of cursors) {
      const rest = pace.rest();
      if (rest !== undefined) await rest;
      cursor.pass(entry);
    }
  }

  #all(): readonly Cursor[] {
    return [...this.#byTask.values(), ...this.#byAccount.values()].flatMap((set) => [...set]);
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
