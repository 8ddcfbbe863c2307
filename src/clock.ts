/** The only source of time. Moments and spans are in ms; moments count from the epoch. */
export interface Clock {
  now(): number;
  /** Calls back once, at `at` or later, never earlier. The returned function calls it off. */
  schedule(at: number, callback: () => void): () => void;
}

/** Longer waits are taken in pieces, so that a wall clock that jumps ahead makes a timer at most this late. */
const LONGEST_TIMER_MS = 60_000;

/** What a clock is made of: a wall clock, which may jump, and timers, which do not heed it. */
export interface TimeSource {
  now(): number;
  /** Calls back once, after that long. The returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

export function clockOver(source: TimeSource): Clock {
  return {
    now: () => source.now(),
    schedule(at, callback) {
      let callOff = () => {};
      const wait = () => {
        const left = at - source.now();
        // A timer may fire up to 1 ms early by the wall clock, so look again.
        if (left <= 0) callback();
        else callOff = source.after(Math.min(left, LONGEST_TIMER_MS), wait);
      };
      const first = Math.max(0, Math.min(at - source.now(), LONGEST_TIMER_MS));
      callOff = source.after(first, wait);
      return () => callOff();
    },
  };
}

export const systemClock: Clock = clockOver({
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
});
