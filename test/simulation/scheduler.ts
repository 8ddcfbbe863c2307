import type { TimeSource } from "../../src/clock.ts";
import type { Random } from "./random.ts";

/** The kinds of things that can happen next. A profile has their probabilities. */
export const KINDS = ["client", "commit", "answer", "turn", "timer", "time", "fault"] as const;
export type Kind = (typeof KINDS)[number];
export type Weights = Readonly<Record<Kind, number>>;

interface Ready {
  readonly kind: Kind;
  readonly run: () => void;
}

interface Timer {
  /** Time on the monotonic clock. */
  readonly due: number;
  readonly run: () => void;
}

/** 2026-01-02T03:04:05.678Z */
const BEGINNING = 1_767_323_045_678;
const realTurn = setImmediate;

/**
 * Decides what happens next, and when time passes. Everything that could happen in any order waits here until it is
 * picked; what is left (promises, `process.nextTick`) always runs in the same order.
 */
export class Scheduler {
  readonly #random: Random;
  #ready: Ready[] = [];
  #timers: Timer[] = [];
  #uptime = 0;
  #offset = BEGINNING;

  constructor(random: Random) {
    this.#random = random;
  }

  /** ms since the epoch, by the wall clock. */
  get now(): number {
    return this.#uptime + this.#offset;
  }

  /** Milliseconds since the beginning, on the monotonic clock. */
  get uptime(): number {
    return this.#uptime;
  }

  /** The wall clock is set. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Adds something that may happen once, from now on. */
  add(kind: Kind, run: () => void): void {
    this.#ready.push({ kind, run });
  }

  /** Resolves when it is picked. */
  turn(kind: Kind): Promise<void> {
    return new Promise((resolve) => this.add(kind, resolve));
  }

  /** The clock of one life of the service. Its timers do not fire after that life has ended. */
  timeFor(life: { readonly over: boolean }): TimeSource {
    return {
      now: () => this.now,
      monotonic: () => this.uptime,
      after: (ms, callback) => {
        // Times are whole milliseconds, as on the real clock. Otherwise a very small remainder would never elapse.
        const timer = { due: this.#uptime + Math.ceil(ms), run: () => life.over || callback() };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((one) => one !== timer);
        };
      },
    };
  }

  /**
   * Lets one thing happen, and all that follows from it by itself. False: there is nothing left that could, or time
   * would have to pass beyond `until`.
   */
  async step(weights: Weights, until = Number.POSITIVE_INFINITY): Promise<boolean> {
    const kind = this.#choose(weights, until);
    if (kind === undefined) return false;
    if (kind === "time") this.#pass();
    else if (kind === "timer") this.#takeTimer()?.run();
    else this.#take(kind)?.run();
    await this.settle();
    return true;
  }

  /** Lets this time pass without any event. */
  pass(ms: number): void {
    this.#uptime += ms;
  }

  settle(): Promise<void> {
    return new Promise((resolve) => void realTurn(resolve));
  }

  #choose(weights: Weights, until: number): Kind | undefined {
    const possible: Partial<Record<Kind, number>> = {};
    for (const { kind } of this.#ready) possible[kind] = weights[kind];
    if (this.#timers.some(({ due }) => due <= this.#uptime)) possible.timer = weights.timer;
    const later = this.#timers.some(({ due }) => due > this.#uptime && due <= until);
    if (later) possible.time = weights.time;
    return Object.keys(possible).length === 0 ? undefined : this.#random.weighted(possible);
  }

  /** Moves to the next timer, and sometimes beyond it, because a busy process is late. */
  #pass(): void {
    const waiting = this.#timers.map(({ due }) => due).filter((due) => due > this.#uptime);
    this.#uptime = Math.min(...waiting);
    if (this.#random.chance(0.2)) this.#uptime += this.#random.whole(1, 100);
  }

  #takeTimer(): Timer | undefined {
    const due = this.#timers.filter((timer) => timer.due <= this.#uptime);
    const picked = this.#random.pick(due);
    this.#timers = this.#timers.filter((timer) => timer !== picked);
    return picked;
  }

  #take(kind: Kind): Ready | undefined {
    const picked = this.#random.pick(this.#ready.filter((one) => one.kind === kind));
    this.#ready = this.#ready.filter((one) => one !== picked);
    return picked;
  }
}
