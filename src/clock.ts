/** The only source of time. Moments and durations are in ms; moments count from the epoch. */
export interface Clock {
  now(): number;
  /** Calls back once, at `at` or later, never earlier. The returned function cancels it. */
  schedule(at: number, callback: () => void): () => void;
}

/** Longer waits are divided, so that a timer is at most this many ms late if the wall clock jumps ahead. */
const LONGEST_TIMER_MS = 60_000;

/** The parts of a clock: what it shows, which jumps if it is a wall clock, and timers, which are independent of it. */
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
        // A timer can fire up to 1 ms early by the wall clock, so the time is checked again.
        if (left <= 0) callback();
        else callOff = source.after(Math.min(left, LONGEST_TIMER_MS), wait);
      };
      const first = Math.max(0, Math.min(at - source.now(), LONGEST_TIMER_MS));
      callOff = source.after(first, wait);
      return () => callOff();
    },
  };
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

export const systemClock: Clock = clockOver({ now: () => Date.now(), after });

/** Counts from the start of the process and never jumps: for durations, not for moments. */
export const processTime: TimeSource = { now: () => performance.now(), after };
