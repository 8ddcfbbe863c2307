import { Branch, type First } from "./branch.ts";
import type { KeyGate } from "./key-gate.ts";
import type { Timed } from "./openings.ts";
import { OrderTree } from "./order-tree.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { QueueParts, TypeGate } from "./type-gate.ts";
import type { Waiting } from "./waiting.ts";

/** The waiting tasks of one account, type and concurrency key: whatever holds up one of them holds up all. */
export class WaitingLine extends Branch implements Timed {
  readonly gate: TypeGate;
  readonly key: KeyGate | undefined;
  readonly #parts: QueueParts;
  readonly #tasks: OrderTree<Waiting>;
  readonly #rate: RateLimiter | undefined;
  #isAdmitted = true;

  constructor(parts: QueueParts, above: Branch, gate: TypeGate, key: KeyGate | undefined) {
    super(parts.order, above);
    this.gate = gate;
    this.key = key;
    this.#parts = parts;
    this.#tasks = new OrderTree(parts.order);
    this.#rate = key?.rateOf(gate);
    key?.addLine(this);
  }

  get head(): Waiting | undefined {
    return this.#tasks.first;
  }

  get isEmpty(): boolean {
    return this.#tasks.size === 0;
  }

  /** How many of the line come before this task, which may be of another line. */
  before(waiting: Waiting): number {
    return this.#tasks.before(waiting);
  }

  add(waiting: Waiting, now: number): void {
    this.#tasks.add(waiting);
    this.#changed(now);
  }

  remove(waiting: Waiting, now: number): void {
    this.#tasks.delete(waiting);
    this.#changed(now);
    if (this.isEmpty) this.key?.removeLine(this, now);
  }

  /** The key lets its first task start, or does not. */
  admit(isAdmitted: boolean, now: number): void {
    this.#isAdmitted = isAdmitted;
    this.look(now);
  }

  look(now: number): void {
    const { openings } = this.#parts;
    const rate = this.#rate;
    const isReady = rate === undefined || rate.readyAt <= now;
    this.isOpen = isReady && this.#isAdmitted;
    if (rate !== undefined) openings.set(this, isReady || this.isEmpty ? undefined : rate.readyAt);
  }

  protected override foremost(): First | undefined {
    const waiting = this.#tasks.first;
    return waiting && { turn: 0, waiting };
  }

  #changed(now: number): void {
    if (this.key === undefined) this.look(now);
    else this.key.admit(now);
    this.update();
  }
}
