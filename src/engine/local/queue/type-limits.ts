import type { Task } from "../../../core/task.ts";
import type { Rate, TaskType } from "../../../core/task-type.ts";
import type { Observation } from "../../executor.ts";
import { keyOf } from "./concurrency-keys.ts";
import { type AccountTurns, FairQueue } from "./fair-queue.ts";
import { RateLimiter } from "./rate-limiter.ts";

/** Above this many rate limiters, those that have all their starts left are dropped. */
const MANY_BUCKETS = 10_000;

/** A limit that is reached: it holds up the tasks of one type, of one account, or of one type and concurrency key. */
export interface ReachedLimit {
  /** The tasks that it holds up. */
  readonly heldUp: FairQueue;
  /** When it lets a task start although none has ended (monotonic); undefined: only when a task ends. */
  readonly freeAt: () => number | undefined;
  readonly isFree: (now: number) => boolean;
}

export interface TypeLimitsOptions {
  readonly typeOf: (task: Task) => TaskType | undefined;
  readonly runningLimit: ((account: string) => number | undefined) | undefined;
  readonly turns: AccountTurns;
}

/** A number of tasks that may run at once, and what it counts. */
interface RunningLimit {
  /** The name of what it counts, as `#running` has it. */
  readonly counted: string;
  readonly limit: number;
}

/** The limits of types and accounts: how many tasks run at once, how often they start. */
export class TypeLimits {
  readonly #options: TypeLimitsOptions;
  /** Of each type, each account, and each account with a type that limits what one account may run. */
  readonly #running = new Map<string, number>();
  readonly #rates = new Map<string, RateLimiter>();
  /** Only limits that hold up a task. */
  readonly #reached = new Map<string, ReachedLimit>();

  constructor(options: TypeLimitsOptions) {
    this.#options = options;
  }

  started(task: Task, at: number): void {
    this.#count(task, 1);
    for (const { rate } of this.#ratesOf(task)) rate.take(at);
    if (this.#rates.size > MANY_BUCKETS) this.#dropFull(at);
  }

  ended(task: Task): void {
    this.#count(task, -1);
  }

  /** Whether its type limits how often tasks start. */
  isRated(task: Task): boolean {
    const { startRate, startRatePerKey } = this.#options.typeOf(task) ?? {};
    return startRate !== undefined || startRatePerKey !== undefined;
  }

  /** The limit that holds the task up now. */
  reachedFor(task: Task, now: number): ReachedLimit | undefined {
    const [full] = this.#full([...this.#ofType(task), ...this.#ofAccount(task)]);
    if (full !== undefined) {
      const { counted, limit } = full;
      const isFree = () => this.#runningOf(counted) < limit;
      return this.#limit(`slots ${counted}`, { isFree, freeAt: () => undefined });
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

  standing(
    task: Task,
    now: number,
  ): Pick<Observation["standing"], "ofType" | "ofAccount" | "rate"> {
    const closed = this.#ratesOf(task).find(({ rate }) => rate.readyAt > now);
    return {
      ofType: this.#shown(this.#ofType(task)),
      ofAccount: this.#shown(this.#full(this.#ofAccount(task))),
      rate: closed && { per: closed.per, ...closed.rate.rate, nextAt: closed.rate.readyAt },
    };
  }

  #ofType(task: Task): readonly RunningLimit[] {
    const limit = this.#options.typeOf(task)?.maxRunning;
    return limit === undefined ? [] : [{ counted: nameOf(task), limit }];
  }

  /** What limits the account of the task: with tasks of this type, and with all. */
  #ofAccount(task: Task): readonly RunningLimit[] {
    const { typeOf, runningLimit } = this.#options;
    const ofType = typeOf(task)?.maxRunningPerAccount;
    const ofAll = runningLimit?.(task.account);
    const limits: RunningLimit[] = [];
    if (ofType !== undefined) limits.push({ counted: accountTypeOf(task), limit: ofType });
    if (ofAll !== undefined) limits.push({ counted: accountOf(task), limit: ofAll });
    return limits;
  }

  #full(limits: readonly RunningLimit[]): readonly RunningLimit[] {
    return limits.filter(({ counted, limit }) => this.#runningOf(counted) >= limit);
  }

  #shown([one]: readonly RunningLimit[]) {
    return one && { running: this.#runningOf(one.counted), limit: one.limit };
  }

  #runningOf(counted: string): number {
    return this.#running.get(counted) ?? 0;
  }

  #count(task: Task, change: number): void {
    const { typeOf, runningLimit } = this.#options;
    this.#add(nameOf(task), change);
    if (runningLimit !== undefined) this.#add(accountOf(task), change);
    if (typeOf(task)?.maxRunningPerAccount !== undefined) this.#add(accountTypeOf(task), change);
  }

  #add(counted: string, change: number): void {
    const now = this.#runningOf(counted) + change;
    if (now <= 0) this.#running.delete(counted);
    else this.#running.set(counted, now);
  }

  #limit(name: string, how: Omit<ReachedLimit, "heldUp">): ReachedLimit {
    const found = this.#reached.get(name);
    if (found) return found;
    const limit = { heldUp: new FairQueue(this.#options.turns), ...how };
    this.#reached.set(name, limit);
    return limit;
  }

  #ratesOf(task: Task): { name: string; per: "type" | "key"; rate: RateLimiter }[] {
    const { startRate, startRatePerKey } = this.#options.typeOf(task) ?? {};
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

/** Account ids hold no blanks, and neither do the names of products, so these names never meet. */
function accountOf({ account }: Task): string {
  return `account ${account}`;
}

function accountTypeOf(task: Task): string {
  return `account ${task.account} ${nameOf(task)}`;
}
