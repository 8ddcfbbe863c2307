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

export interface ClockOptions {
  /** Whether a moment has come is looked at this often at least, in ms: so late is noticed that the clock was set forward. */
  readonly lookMs: number;
  /** So many callbacks of moments that have come are called in one turn of the event loop; then others have theirs. */
  readonly atOnce: number;
}

const DEFAULT_OPTIONS: ClockOptions = { lookMs: 1_000, atOnce: 64 };

/** Node's timers cannot wait longer than 24 days. */
const LONGEST_TIMER_MS = 24 * 3_600_000;

/** @param source its timers may be a little early by either time; the clock's are not. */
export function clockOver(source: TimeSource, options: Partial<ClockOptions> = {}): Clock {
  const moments = new Moments(source, { ...DEFAULT_OPTIONS, ...options });
  return {
    now: () => source.now(),
    monotonic: () => source.monotonic(),
    schedule: (at, callback) => moments.add(at, callback),
    after(ms, callback) {
      const at = source.monotonic() + ms;
      let callOff = () => {};
      const look = () => {
        const left = at - source.monotonic();
        if (left <= 0) callback();
        else callOff = source.after(Math.min(left, LONGEST_TIMER_MS), look);
      };
      callOff = source.after(Math.max(0, Math.min(ms, LONGEST_TIMER_MS)), look);
      return () => callOff();
    },
  };
}

interface Moment {
  readonly at: number;
  /** Moments that are the same come in the order in which they were added. */
  readonly order: number;
  /** Undefined once it is called off. */
  callback: (() => void) | undefined;
}

/**
 * What is to be called at moments of the wall clock: a heap with one timer for all, so that a million of them cost nothing
 * while they wait, and all follow a clock that is set.
 */
class Moments {
  readonly #source: TimeSource;
  readonly #options: ClockOptions;
  #heap: Moment[] = [];
  #order = 0;
  #calledOff = 0;
  #timer: { readonly at: number; readonly callOff: () => void } | undefined;

  constructor(source: TimeSource, options: ClockOptions) {
    this.#source = source;
    this.#options = options;
  }

  add(at: number, callback: () => void): () => void {
    const moment: Moment = { at, order: this.#order++, callback };
    this.#heap.push(moment);
    this.#rise(this.#heap.length - 1);
    if (this.#timer === undefined || at < this.#timer.at) this.#setTimer();
    return () => this.#callOff(moment);
  }

  #callOff(moment: Moment): void {
    if (moment.callback === undefined) return;
    moment.callback = undefined;
    this.#calledOff += 1;
    // What is called off is dropped when it comes to the front, or when it is most of what waits.
    if (this.#calledOff * 2 > this.#heap.length) {
      this.#heap = this.#heap.filter(({ callback }) => callback !== undefined);
      this.#calledOff = 0;
      for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
    }
    if (this.#heap.length === 0) this.#stopTimer();
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#source.now();
    try {
      for (let left = this.#options.atOnce; left > 0 && this.#isDue(now); left--) {
        const { callback } = this.#shift();
        if (callback === undefined) this.#calledOff -= 1;
        callback?.();
      }
    } finally {
      this.#setTimer();
    }
  }

  #isDue(now: number): boolean {
    const [first] = this.#heap;
    return first !== undefined && first.at <= now;
  }

  #setTimer(): void {
    this.#stopTimer();
    const [first] = this.#heap;
    if (first === undefined) return;
    const left = Math.max(0, Math.min(first.at - this.#source.now(), this.#options.lookMs));
    this.#timer = { at: first.at, callOff: this.#source.after(left, () => this.#look()) };
  }

  #stopTimer(): void {
    this.#timer?.callOff();
    this.#timer = undefined;
  }

  #shift(): Moment {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) throw new RangeError("no moment waits");
    if (first === last) return first;
    this.#heap[0] = last;
    this.#sink(0);
    return first;
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfSooner(at, parent)) return;
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      const child = this.#isSooner(right, left) ? right : left;
      if (!this.#swapIfSooner(child, at)) return;
      at = child;
    }
  }

  #swapIfSooner(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined || !this.#isSooner(one, other)) return false;
    this.#heap[one] = b;
    this.#heap[other] = a;
    return true;
  }

  #isSooner(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }
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
