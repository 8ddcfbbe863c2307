import type { Openings, Timed } from "./openings.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { QueueParts, TypeGate } from "./type-gate.ts";
import type { Order, Waiting } from "./waiting.ts";

/** Who holds a key, and how many come before a task that waits for it. */
export interface KeyStanding {
  /** The task that has had the key for longest. */
  readonly by: string;
  /** Those that hold it, and those that wait for it and go first. */
  readonly ahead: number;
}

/** The tasks of one type that wait for a key. */
interface KeyLine {
  readonly gate: TypeGate;
  readonly head: Waiting | undefined;
  /** How many of them come before this task, which may be of another line. */
  before(waiting: Waiting): number;
  /** Tells whether the key lets its first task start. */
  admit(isAdmitted: boolean, now: number): void;
}

/**
 * A concurrency key of an account. At most `maxPerKey` of the tasks that have it run at once: the least number that the types of
 * all of them allow. It only knows tasks that are committed and belong to this executor; who holds a key is the store's answer
 * (`tasksWithKey`).
 */
export class KeyGate implements Timed {
  readonly #order: Order;
  readonly #fadings: Openings;
  readonly #forget: () => void;
  /** The tasks that run, the first to start first. */
  readonly #holders = new Set<string>();
  /** How many of them have a type that allows so many. */
  readonly #allowed = new Map<number, number>();
  /** One for each type and kind of task that waits for it. */
  readonly #lines: KeyLine[] = [];
  #rates: Map<TypeGate, RateLimiter> | undefined;

  /** @param forget called when nothing is left to be known of the key. */
  constructor({ order, fadings }: QueueParts, forget: () => void) {
    this.#order = order;
    this.#fadings = fadings;
    this.#forget = forget;
  }

  /** How often tasks of a type may start with this key. */
  rateOf(gate: TypeGate): RateLimiter | undefined {
    const rate = gate.type?.startRatePerKey;
    if (rate === undefined) return undefined;
    this.#rates ??= new Map();
    const found = this.#rates.get(gate) ?? new RateLimiter(rate);
    this.#rates.set(gate, found);
    return found;
  }

  /** Whether a task could start that comes after all that wait. */
  isFreeFor(gate: TypeGate): boolean {
    return this.#lines.length === 0 && this.#fits(maxPerKey(gate));
  }

  addLine(line: KeyLine): void {
    this.#lines.push(line);
  }

  removeLine(line: KeyLine, now: number): void {
    this.#lines.splice(this.#lines.indexOf(line), 1);
    this.look(now);
  }

  hold(taskId: string, gate: TypeGate, at: number): void {
    this.#holders.add(taskId);
    this.#allow(maxPerKey(gate), 1);
    this.rateOf(gate)?.take(at);
  }

  release(taskId: string, gate: TypeGate, now: number): void {
    this.#holders.delete(taskId);
    this.#allow(maxPerKey(gate), -1);
    this.admit(now);
    this.look(now);
  }

  /**
   * Opens the lines that the key lets start. Where types allow different numbers, one that has no room is not overtaken by those
   * after it: others could use the key for ever.
   */
  admit(now: number): void {
    let stuck: Waiting | undefined;
    for (const { gate, head } of this.#lines) {
      if (head === undefined || this.#fits(maxPerKey(gate))) continue;
      if (stuck === undefined || this.#order(head, stuck) < 0) stuck = head;
    }
    for (const line of this.#lines) {
      const { head } = line;
      const isFirst = stuck === undefined || (head !== undefined && this.#order(head, stuck) < 0);
      line.admit(isFirst && this.#fits(maxPerKey(line.gate)), now);
    }
  }

  /** Undefined: the key does not hold the task up. */
  standing(waiting: Waiting, gate: TypeGate): KeyStanding | undefined {
    const [by] = this.#holders;
    if (by === undefined) return undefined;
    let isHeld = !this.#fits(maxPerKey(gate));
    let ahead = this.#holders.size;
    for (const line of this.#lines) {
      const before = line.before(waiting);
      ahead += before;
      if (before > 0 && !this.#fits(maxPerKey(line.gate))) isHeld = true;
    }
    return isHeld ? { by, ahead } : undefined;
  }

  /** Forgets the key once nobody has it or waits for it, and its rates are as if nobody ever had. */
  look(now: number): void {
    if (this.#holders.size > 0 || this.#lines.length > 0) return;
    let fullAt = now;
    for (const rate of this.#rates?.values() ?? []) fullAt = Math.max(fullAt, rate.fullAt);
    if (fullAt === now) this.#forget();
    else this.#fadings.set(this, fullAt);
  }

  #fits(allowed: number): boolean {
    const holders = this.#holders.size;
    if (holders >= allowed) return false;
    for (const other of this.#allowed.keys()) if (holders >= other) return false;
    return true;
  }

  #allow(allowed: number, change: 1 | -1): void {
    const count = (this.#allowed.get(allowed) ?? 0) + change;
    if (count === 0) this.#allowed.delete(allowed);
    else this.#allowed.set(allowed, count);
  }
}

function maxPerKey({ type }: TypeGate): number {
  return type?.maxPerKey ?? 1;
}
