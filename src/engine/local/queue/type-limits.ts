import type { Task } from "../../../core/task.ts";
import type { Rate, TaskType } from "../../../core/task-type.ts";
import type { Observation } from "../../executor.ts";
import { keyOf } from "./concurrency-keys.ts";
import { PriorityQueue } from "./priority-queue.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Above this many rate limiters, those that have all their starts left are dropped. */
const MANY_BUCKETS = 10_000;

/** A limit that is reached: it holds up the tasks of one type, or of one type and concurrency key. */
export interface ReachedLimit {
  /** The tasks that it holds up. */
  readonly heldUp: PriorityQueue;
  /** When it lets a task start although none has ended (ms since the epoch); undefined: only when a task ends. */
  readonly freeAt: () => number | undefined;
  readonly isFree: (now: number) => boolean;
}

/** The limits of types: how many run at once, how often they start. */
export class TypeLimits {
  readonly #typeOf: (task: Task) => TaskType | undefined;
  readonly #running = new Map<string, number>();
  readonly #rates = new Map<string, RateLimiter>();
  /** Only limits that hold up a task. */
  readonly #reached = new Map<string, ReachedLimit>();

  constructor(typeOf: (task: Task) => TaskType | undefined) {
    this.#typeOf = typeOf;
  }

  started(task: Task, at: number): void {
    const type = nameOf(task);
    this.#running.set(type, (this.#running.get(type) ?? 0) + 1);
    for (const { rate } of this.#ratesOf(task)) rate.take(at);
    if (this.#rates.size > MANY_BUCKETS) this.#dropFull(at);
  }

  ended(task: Task): void {
    const type = nameOf(task);
    this.#running.set(type, (this.#running.get(type) ?? 1) - 1);
  }

  /** Whether its type limits how often tasks start. */
  isRated(task: Task): boolean {
    const { startRate, startRatePerKey } = this.#typeOf(task) ?? {};
    return startRate !== undefined || startRatePerKey !== undefined;
  }

  /** The limit that holds the task up now. */
  reachedFor(task: Task, now: number): ReachedLimit | undefined {
    const type = nameOf(task);
    const limit = this.#typeOf(task)?.maxRunning;
    if (limit !== undefined && this.#runningOf(type) >= limit) {
      const isFree = () => this.#runningOf(type) < limit;
      return this.#limit(`slots ${type}`, { isFree, freeAt: () => undefined });
    }
    const closed = this.#ratesOf(task).find(({ rate }) => rate.readyAt > now);
    if (closed === undefined) return undefined;
    const { name, rate } = closed;
    const isFree = (at: number) => rate.readyAt <= at;
    return this.#limit(name, { isFree, freeAt: () => rate.readyAt });
  }

  /** The limits that hold up a task; drops those that hold up none any more. */
  *reached(): Generator<ReachedLimit> {
    for (const [name, limit] of this.#reached) {
      if (limit.heldUp.isEmpty) this.#reached.delete(name);
      else yield limit;
    }
  }

  standing(task: Task, now: number): Pick<Observation["standing"], "ofType" | "rate"> {
    const limit = this.#typeOf(task)?.maxRunning;
    const closed = this.#ratesOf(task).find(({ rate }) => rate.readyAt > now);
    return {
      ofType: limit === undefined ? undefined : { running: this.#runningOf(nameOf(task)), limit },
      rate: closed && { per: closed.per, ...closed.rate.rate, nextAt: closed.rate.readyAt },
    };
  }

  #runningOf(type: string): number {
    return this.#running.get(type) ?? 0;
  }

  #limit(name: string, how: Omit<ReachedLimit, "heldUp">): ReachedLimit {
    const found = this.#reached.get(name);
    if (found) return found;
    const limit = { heldUp: new PriorityQueue(), ...how };
    this.#reached.set(name, limit);
    return limit;
  }

  #ratesOf(task: Task): { name: string; per: "type" | "key"; rate: RateLimiter }[] {
    const { startRate, startRatePerKey } = this.#typeOf(task) ?? {};
    const key = keyOf(task);
    const found: { name: string; per: "type" | "key"; rate: RateLimiter }[] = [];
    const type = nameOf(task);
    if (startRate) found.push(this.#rate(`type ${type}`, "type", startRate));
    if (startRatePerKey && key !== undefined) {
      found.push(this.#rate(`key ${type} ${key}`, "key", startRatePerKey));
    }
    return found;
  }

  #rate(name: string, per: "type" | "key", rate: Rate) {
    const found = this.#rates.get(name) ?? new RateLimiter(rate);
    this.#rates.set(name, found);
    return { name, per, rate: found };
  }

  #dropFull(now: number): void {
    for (const [name, rate] of this.#rates) {
      if (rate.isFull(now) && !this.#reached.has(name)) this.#rates.delete(name);
    }
  }
}

function nameOf(task: Task): string {
  return `${task.product} ${task.type}`;
}
