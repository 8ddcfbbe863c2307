/**
 * The only source of time. Two kinds of time are kept apart, because the first can be set by an hour while the service runs:
 *
 * - **Wall time** (`now`, `schedule`): moments, in ms since the epoch. For what is stored, shown or signed, and for
 *   moments that somebody gave.
 * - **Monotonic time** (`monotonic`, `after`): ms from any beginning. It only goes on, as fast as time does. For how long
 *   something lasts: pauses, limits, ages, rates. It means nothing to another process, so it is never stored.
 */
export interface Clock extends Spans {
  /** The wall time. Setting the clock makes it jump, also back. */
  now(): number;
  /**
   * Calls back once, when the wall time is `at` or later, never earlier. It follows the clock when that is set. The
   * returned function calls it off.
   */
  schedule(at: number, callback: () => void): () => void;
}

/** The half of a clock that nobody can set. */
export interface Spans {
  /** The monotonic time: the difference of two is how long it took, in ms. */
  monotonic(): number;
  /** Calls back once, after that many ms or a little later, never earlier. The returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** The parts that a clock is made of. */
export interface TimeSource extends Spans {
  /** The wall time, in ms since the epoch. */
  now(): number;
}

/**
 * Waits for moments are divided into parts of this many ms. If the wall clock is set forward, a moment that has passed is
 * noticed this much later at most.
 */
const LONGEST_TIMER_MS = 60_000;

/** @param source its timers may be a little early by either time; the clock's are not. */
export function clockOver(source: TimeSource): Clock {
  const now = () => source.now();
  const monotonic = () => source.monotonic();
  const wait = (time: () => number, at: number, callback: () => void) => {
    let callOff = () => {};
    const look = () => {
      const left = at - time();
      if (left <= 0) callback();
      else callOff = source.after(Math.min(left, LONGEST_TIMER_MS), look);
    };
    callOff = source.after(Math.max(0, Math.min(at - time(), LONGEST_TIMER_MS)), look);
    return () => callOff();
  };
  return {
    now,
    monotonic,
    schedule: (at, callback) => wait(now, at, callback),
    after: (ms, callback) => wait(monotonic, monotonic() + ms, callback),
  };
}

export const systemClock: Clock = clockOver({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
});

/** The moment (ms since the epoch) that is as far from now as `at` is on the monotonic time: to show it. */
export function momentOf(clock: Clock, at: number): number {
  return Math.round(clock.now() + (at - clock.monotonic()));
}

/**
 * What a moment of the past is on the monotonic time: now, if it seems to be in the future, because the clock was set back.
 */
export function sinceMoment(clock: Clock, moment: number): number {
  return clock.monotonic() - Math.max(0, clock.now() - moment);
}
