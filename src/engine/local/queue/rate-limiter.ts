import type { Rate } from "../../../core/task-type.ts";

/**
 * A token bucket that is full at first: `starts` at once, then one every `perMs / starts`. Kept as one moment (the
 * generic cell rate algorithm), so that there is nothing to fill and nothing to round.
 */
export class RateLimiter {
  readonly rate: Rate;
  /** When the bucket would be full again. */
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.rate = rate;
  }

  /** The first moment at which there is a token. */
  get readyAt(): number {
    return Math.ceil(this.#fullAt - this.rate.perMs + this.#interval);
  }

  /** From when on it is as if nothing had ever been taken. */
  get fullAt(): number {
    return this.#fullAt;
  }

  take(now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + this.#interval;
  }

  get #interval(): number {
    return this.rate.perMs / this.rate.starts;
  }
}
