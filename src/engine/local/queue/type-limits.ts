import type { Task } from "../../../core/task.ts";
import type { Rate, TaskType } from "../../../core/task-type.ts";
import type { Observation } from "../../executor.ts";
import { keyOf } from "./concurrency-keys.ts";
import { PriorityQueue } from "./priority-queue.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Buckets of keys are dropped when they are full again; look for those when there are so many. */
const MANY_BUCKETS = 10_000;

/** What can hold up all tasks of one type, or of one type and key. Those that it holds up wait in its lanes. */
export interface Gate {
  readonly lanes: PriorityQueue;
  /** When it opens by itself; undefined: when a task ends. */
  readonly opensAt: () => number | undefined;
  readonly isOpen: (now: number) => boolean;
}

/** The limits of types: how many run at once, how often they start. */
export class TypeLimits {
  readonly #typeOf: (task: Task) => TaskType | undefined;
  readonly #running = new Map<string, number>();
  readonly #rates = new Map<string, RateLimiter>();
  /** Only gates that hold somebody up. */
  readonly #gates = new Map<string, Gate>();

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

  /** Whether how often its type or its key may start is limited. */
  isRated(task: Task): boolean {
    const { startRate, startRatePerKey } = this.#typeOf(task) ?? {};
    return startRate !== undefined || startRatePerKey !== undefined;
  }

  /** The gate that holds the task up now. */
  closedFor(task: Task, now: number): Gate | undefined {
    const type = nameOf(task);
    const limit = this.#typeOf(task)?.maxRunning;
    if (limit !== undefined && this.#runningOf(type) >= limit) {
      const isOpen = () => this.#runningOf(type) < limit;
      return this.#gate(`places ${type}`, { isOpen, opensAt: () => undefined });
    }
    const closed = this.#ratesOf(task).find(({ rate }) => rate.readyAt > now);
    if (closed === undefined) return undefined;
    const { name, rate } = closed;
    const isOpen = (at: number) => rate.readyAt <= at;
    return this.#gate(name, { isOpen, opensAt: () => rate.readyAt });
  }

  /** Gates that hold somebody up; those that hold nobody any more are dropped. */
  *waited(): Generator<Gate> {
    for (const [name, gate] of this.#gates) {
      if (gate.lanes.isEmpty) this.#gates.delete(name);
      else yield gate;
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

  #gate(name: string, how: Omit<Gate, "lanes">): Gate {
    const found = this.#gates.get(name);
    if (found) return found;
    const gate = { lanes: new PriorityQueue(), ...how };
    this.#gates.set(name, gate);
    return gate;
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
      if (rate.isFull(now) && !this.#gates.has(name)) this.#rates.delete(name);
    }
  }
}

function nameOf(task: Task): string {
  return `${task.product} ${task.type}`;
}
