import type { Task } from "../../../core/task.ts";
import type { TaskType } from "../../../core/task-type.ts";
import type { Load, Observation } from "../../executor.ts";
import { ConcurrencyKeys } from "./concurrency-keys.ts";
import { AccountTurns, type DueTask, FairQueue } from "./fair-queue.ts";
import type { Waiting } from "./priority-queue.ts";
import { TypeLimits } from "./type-limits.ts";

export interface RunQueueOptions {
  readonly maxRunning: number;
  readonly typeOf: (task: Task) => TaskType | undefined;
  /** Monotonic, in ms: no wait and no rate is longer or shorter because the clock was set. */
  readonly now: () => number;
  /** A wait of this many ms counts as one level of priority, so that no task waits for ever. */
  readonly ageingMs: number;
  /** How many tasks of an account may run at once, over all types; undefined: no limit of its own. */
  readonly runningLimit?: (account: string) => number | undefined;
}

/**
 * The tasks that wait for a slot. Accounts take turns. Of the account whose turn it is, next starts the task with the
 * highest priority (plus what its wait adds) whose concurrency key is free, whose type and account are below their limits,
 * and whose rates allow a start.
 */
export class RunQueue {
  readonly #options: RunQueueOptions;
  readonly #keys: ConcurrencyKeys;
  readonly #limits: TypeLimits;
  readonly #turns = new AccountTurns();
  readonly #free = new FairQueue(this.#turns);
  readonly #waiting = new Map<string, Waiting>();
  /** The account of each task that has a slot. */
  readonly #running = new Map<string, string>();

  constructor(options: RunQueueOptions) {
    this.#options = options;
    this.#keys = new ConcurrencyKeys((task) => options.typeOf(task)?.maxPerKey ?? 1);
    const { typeOf, runningLimit } = options;
    this.#limits = new TypeLimits({ typeOf, runningLimit, turns: this.#turns });
  }

  /** Adds a task: it waits for its concurrency key, if it has one, and for a slot. */
  join(task: Task): void {
    if (this.#waiting.has(task.id) || this.#running.has(task.id)) return;
    const waiting = { task, since: this.#options.now() };
    this.#waiting.set(task.id, waiting);
    if (this.#keys.join(waiting)) this.#free.push(waiting);
  }

  /**
   * Takes a slot if nothing holds the task up. Not for types with a rate: the start may never be written, but would
   * count.
   */
  takeIfFree(task: Task): boolean {
    const full = this.#running.size >= this.#options.maxRunning;
    if (full || this.#limits.isRated(task) || !this.#keys.hasRoomFor(task)) return false;
    if (this.#limits.reachedFor(task, this.#options.now()) !== undefined) return false;
    this.take(task);
    return true;
  }

  /** Takes a slot without waiting, for a task that started at `at`. Does nothing if the task has a slot. */
  take(task: Task, at = this.#options.now()): void {
    if (this.#running.has(task.id)) return;
    this.#keys.take(task);
    this.#occupy(task, at);
  }

  /** The next task that may start; it has its slot from now on. */
  next(): Task | undefined {
    const now = this.#options.now();
    while (this.#running.size < this.#options.maxRunning) {
      const first = this.#foremost(now);
      if (first === undefined) return undefined;
      const { waiting, queue } = first;
      queue.shift();
      const limit = this.#limits.reachedFor(waiting.task, now);
      if (limit !== undefined) {
        limit.heldUp.push(waiting);
        continue;
      }
      this.#waiting.delete(waiting.task.id);
      this.#occupy(waiting.task, now);
      return waiting.task;
    }
    return undefined;
  }

  /**
   * The next moment at which a rate lets a task start although none has ended (monotonic). A task whose rate
   * allows it already waits for a slot, and so for the end of another task.
   */
  get nextAt(): number | undefined {
    const now = this.#options.now();
    let soonest: number | undefined;
    for (const limit of this.#limits.reached()) {
      const at = limit.freeAt();
      if (at !== undefined && at > now && (soonest === undefined || at < soonest)) soonest = at;
    }
    return soonest;
  }

  get load(): Omit<Load, "silent"> {
    const [longest] = this.#waiting.values();
    const slots = this.#options.maxRunning;
    const running = this.#running.size;
    const runningByAccount = () => this.#byAccount();
    return {
      waiting: this.#waiting.size,
      longest: longest?.task,
      running,
      slots,
      runningByAccount,
    };
  }

  standing(task: Task): Observation["standing"] {
    return {
      ahead: this.#keys.ahead(task),
      slots: { running: this.#running.size, limit: this.#options.maxRunning },
      ...this.#limits.standing(task, this.#options.now()),
    };
  }

  /** Removes a task that ended, or that no longer waits. */
  leave(task: Task): void {
    this.#waiting.delete(task.id);
    if (this.#running.delete(task.id)) this.#limits.ended(task);
    for (const next of this.#keys.leave(task)) this.#free.push(next);
  }

  #byAccount(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const account of this.#running.values()) {
      counts.set(account, (counts.get(account) ?? 0) + 1);
    }
    return counts;
  }

  /** The task that is due among those that no known limit holds up: by the turn of its account, then by its rank. */
  #foremost(now: number): DueTask | undefined {
    const { ageingMs } = this.#options;
    const stillWaits = (waiting: Waiting) => this.#waiting.get(waiting.task.id) === waiting;
    let best = this.#free.foremost(now, ageingMs, stillWaits);
    for (const limit of this.#limits.reached()) {
      if (!limit.isFree(now)) continue;
      const first = limit.heldUp.foremost(now, ageingMs, stillWaits);
      if (first !== undefined && (best === undefined || comesBefore(first, best))) best = first;
    }
    return best;
  }

  #occupy(task: Task, at: number): void {
    this.#running.set(task.id, task.account);
    this.#turns.taken(task.account);
    this.#limits.started(task, at);
  }
}

function comesBefore(one: DueTask, other: DueTask): boolean {
  return one.turn === other.turn ? one.rank > other.rank : one.turn < other.turn;
}
