import type { Task } from "../../src/core/task.ts";
import type { TaskType } from "../../src/core/task-type.ts";
import { RateLimiter } from "../../src/engine/local/queue/rate-limiter.ts";
import type { RunQueueOptions } from "../../src/engine/local/queue/run-queue.ts";

interface InLine {
  readonly task: Task;
  readonly since: number;
  readonly sequence: number;
}

/**
 * What a run queue is to do, in the plainest words: it looks at all that wait, and takes the first by the order among those that
 * pass every gate. It is slow, and has nothing to go wrong.
 */
export class QueueModel {
  readonly #options: RunQueueOptions;
  waiting: InLine[] = [];
  running: { readonly task: Task; readonly at: number }[] = [];
  readonly #turns = new Map<string, number>();
  readonly #rates = new Map<string, RateLimiter>();
  #count = 0;

  constructor(options: RunQueueOptions) {
    this.#options = options;
  }

  join(task: Task, waitedMs = 0): void {
    this.#count += 1;
    const since = this.#options.now() - waitedMs;
    this.waiting.push({ task, since, sequence: this.#count });
  }

  take(task: Task, at: number): void {
    this.waiting = this.waiting.filter((one) => one.task.id !== task.id);
    this.running.push({ task, at });
    this.#count += 1;
    this.#turns.set(whose(task), this.#count);
    for (const { rate } of this.#ratesOf(task)) rate.take(at);
  }

  /** Starts a new task if it passes all gates, and nobody waits who does. */
  takeIfFree(task: Task): boolean {
    const now = this.#options.now();
    const one = { task, since: now, sequence: this.#count + 1 };
    const isFree = this.#passes(one) && !this.waiting.some((other) => this.#passes(other));
    if (isFree) this.take(task, now);
    return isFree;
  }

  leave(task: Task): void {
    this.waiting = this.waiting.filter((one) => one.task.id !== task.id);
    this.running = this.running.filter((one) => one.task.id !== task.id);
  }

  next(): Task | undefined {
    const [first] = this.waiting
      .filter((one) => this.#passes(one))
      .sort((a, b) => this.#turnOf(a.task) - this.#turnOf(b.task) || this.#order(a, b));
    if (first !== undefined) this.take(first.task, this.#options.now());
    return first?.task;
  }

  get nextAt(): number | undefined {
    const now = this.#options.now();
    const moments = this.waiting.flatMap(({ task }) =>
      this.#ratesOf(task).flatMap(({ rate }) => (rate.readyAt > now ? [rate.readyAt] : [])),
    );
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  /** Who holds its key for longest, and how many come first, if that is what it waits for. */
  keyStanding(task: Task) {
    const one = this.waiting.find((other) => other.task.id === task.id);
    if (one === undefined || this.#keyAllows(one)) return undefined;
    const holders = this.running.filter((other) => sharesKey(other.task, task));
    const before = this.#sharing(one).filter((other) => this.#order(other, one) < 0);
    return { by: holders[0]?.task.id, ahead: holders.length + before.length };
  }

  /** How many run of its type; of its account, if they are too many; and the first rate that is closed. */
  standing(task: Task) {
    const now = this.#options.now();
    const { maxRunning, maxRunningPerAccount } = this.#type(task) ?? {};
    const counted = (limit: number | undefined, counts: (other: Task) => boolean) =>
      limit && { running: this.running.filter((one) => counts(one.task)).length, limit };
    const isOwn = (other: Task) => other.account === task.account;
    const limits = [counted(maxRunningPerAccount, (one) => isOwn(one) && isOfType(one, task))];
    if (task.parent === undefined) {
      const limit = this.#options.runningLimit?.(task.account);
      limits.push(counted(limit, (one) => isOwn(one) && one.parent === undefined));
    }
    const full = limits.find((one) => one !== undefined && one !== 0 && one.running >= one.limit);
    const closed = this.#ratesOf(task).find(({ rate }) => rate.readyAt > now);
    return [
      counted(maxRunning, (one) => isOfType(one, task)),
      full,
      closed && { per: closed.per, ...closed.rate.rate, nextAt: closed.rate.readyAt },
    ];
  }

  #passes(one: InLine): boolean {
    const { task } = one;
    const now = this.#options.now();
    return (
      this.#hasSlot(task) &&
      this.#hasRoom(task, this.#type(task)?.maxRunning, (other) => isOfType(other, task)) &&
      this.#hasRoom(
        task,
        this.#type(task)?.maxRunningPerAccount,
        (other) => isOfType(other, task) && other.account === task.account,
      ) &&
      this.#ratesOf(task).every(({ rate }) => rate.readyAt <= now) &&
      this.#keyAllows(one)
    );
  }

  #hasSlot({ parent, account }: Task): boolean {
    if (parent !== undefined) return true;
    const tasks = this.running.filter(({ task }) => task.parent === undefined);
    const own = tasks.filter(({ task }) => task.account === account);
    const limit = this.#options.runningLimit?.(account) ?? Infinity;
    return tasks.length < this.#options.maxRunning && own.length < limit;
  }

  #hasRoom(task: Task, limit: number | undefined, counts: (other: Task) => boolean): boolean {
    if (limit === undefined) return true;
    const taken = this.running.filter((other) => counts(other.task));
    if (taken.length < limit) return true;
    return task.parent !== undefined && !taken.some((other) => this.#works(other.task));
  }

  /** Not if it has open subtasks, and none of them works. */
  #works(task: Task): boolean {
    const isChild = (other: { task: Task }) => other.task.parent?.taskId === task.id;
    const running = this.running.filter(isChild);
    if (running.length === 0 && !this.waiting.some(isChild)) return true;
    return running.some((other) => this.#works(other.task));
  }

  /** There is room for it, and nobody comes before it for whom there is none. */
  #keyAllows(one: InLine): boolean {
    if (one.task.concurrencyKey === undefined) return true;
    const before = this.#sharing(one).filter((other) => this.#order(other, one) < 0);
    return [one, ...before].every((other) => this.#fits(other.task));
  }

  #fits(task: Task): boolean {
    const holders = this.running.filter((other) => sharesKey(other.task, task));
    const limits = [task, ...holders.map((other) => other.task)].map(
      (other) => this.#type(other)?.maxPerKey ?? 1,
    );
    return holders.length < Math.min(...limits);
  }

  #sharing({ task }: InLine): InLine[] {
    return this.waiting.filter((other) => sharesKey(other.task, task));
  }

  #order(a: InLine, b: InLine): number {
    const rank = ({ since, task }: InLine) => since - task.priority * this.#options.ageingMs;
    return rank(a) - rank(b) || a.sequence - b.sequence;
  }

  #turnOf(task: Task): number {
    return this.#turns.get(whose(task)) ?? 0;
  }

  #type(task: Task): TaskType | undefined {
    return this.#options.typeOf(task);
  }

  #ratesOf(task: Task): { per: "type" | "key"; rate: RateLimiter }[] {
    const { startRate, startRatePerKey } = this.#type(task) ?? {};
    const { type, account, concurrencyKey: key } = task;
    const named = (per: "type" | "key", name: string, rate: typeof startRate) => {
      if (rate === undefined) return [];
      const found = this.#rates.get(name) ?? new RateLimiter(rate);
      this.#rates.set(name, found);
      return [{ per, rate: found }];
    };
    const perKey = key === undefined ? undefined : startRatePerKey;
    return [
      ...named("type", type, startRate),
      ...named("key", `${type} ${account} ${key}`, perKey),
    ];
  }
}

function whose({ account, parent }: Task): string {
  return `${account} ${parent === undefined}`;
}

function isOfType(one: Task, other: Task): boolean {
  return one.type === other.type && one.product === other.product;
}

function sharesKey(one: Task, other: Task): boolean {
  return (
    one.concurrencyKey !== undefined &&
    one.concurrencyKey === other.concurrencyKey &&
    one.account === other.account
  );
}
