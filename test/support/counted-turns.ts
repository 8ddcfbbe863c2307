import type { LoopTurns } from "../../src/pace.ts";

/** Time that goes on by one ms each time it is read: it counts the parts of a work, whatever the machine does. */
export class CountedTurns implements LoopTurns {
  rests = 0;
  /** The most ms without a rest. */
  longest = 0;
  #now = 0;
  #restedAt = 0;

  now(): number {
    this.#now += 1;
    this.longest = Math.max(this.longest, this.#now - this.#restedAt);
    return this.#now;
  }

  began(): number {
    return this.#restedAt;
  }

  /** Called at each rest, once what the work has set off is done. */
  rested: (() => void) | undefined;

  async next(): Promise<void> {
    this.rests += 1;
    this.#restedAt = this.#now;
    if (this.rested === undefined) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.rested();
  }
}
