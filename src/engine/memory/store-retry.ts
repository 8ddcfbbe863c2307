import type { Clock } from "../../clock.ts";

const PAUSE_MS = 1_000;

/** What could not be done while the store was away: tried again a little later, unless the engine stops before. */
export class Later {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  do(work: () => void, pauseMs = PAUSE_MS): void {
    if (this.#stopped) return;
    const callOff = this.#clock.schedule(this.#clock.now() + pauseMs, () => {
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
