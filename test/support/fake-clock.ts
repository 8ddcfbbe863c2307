import type { Clock } from "../../src/clock.ts";

interface Timer {
  readonly of: "wall" | "monotonic";
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that moves only when told. Its wall time can be set apart from its monotonic time. */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(now = Date.parse("2026-01-02T03:04:05.678Z")) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  schedule(at: number, callback: () => void): () => void {
    return this.#add("wall", at, callback);
  }

  after(ms: number, callback: () => void): () => void {
    return this.#add("monotonic", this.#monotonic + ms, callback);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on by `ms`, firing what falls due in order and letting everything that follows from it happen. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined; timer = this.#next()) {
      const left = Math.max(0, this.#left(timer));
      if (this.#monotonic + left > until) break;
      this.#pass(left);
      this.#timers.delete(timer);
      timer.callback();
      await settle();
    }
    this.#pass(until - this.#monotonic);
    await settle();
  }

  /** The wall clock is set: nothing fires by itself, and no span becomes shorter or longer. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #add(of: Timer["of"], at: number, callback: () => void): () => void {
    const timer = { of, at, order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #pass(ms: number): void {
    this.#now += ms;
    this.#monotonic += ms;
  }

  #left({ of, at }: Timer): number {
    return at - (of === "wall" ? this.#now : this.#monotonic);
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      const sooner = next === undefined ? -1 : this.#left(timer) - this.#left(next);
      if (next === undefined || sooner < 0 || (sooner === 0 && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}

/** Lets promises and immediates run until they are through; enough turns for a chain of appends. */
export async function settle(turns = 30): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
