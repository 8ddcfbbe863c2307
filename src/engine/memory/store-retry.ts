import type { Clock } from "../../clock.ts";

const PAUSE_MS = 1_000;

/** Repeats, after a pause, work that failed because the store was unavailable, unless the engine stops before. */
export class StoreRetry {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does the work after `pauseMs`, by default one second. */
  later(work: () => void, pauseMs = PAUSE_MS): void {
    if (this.#stopped) return;
    const callOff = this.#clock.after(pauseMs, () => {
      this.#waiting.delete(callOff);
      work();
    });
    this.#waiting.add(callOff);
  }

  stop(): void {
    this.#stopped = true;
    for (const callOff of this.#waiting) callOff();
  }
}
