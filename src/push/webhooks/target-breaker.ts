import type { Clock } from "../../clock.ts";
import type { DeliveryResult } from "./sender.ts";

/** Attempts in a row without an answer after which a target is left alone. */
const FAILURES = 5;
const FIRST_PAUSE_MS = 1_000;
/** Shorter than the delays between late attempts, so that a target that is back is soon found to be. */
const LONGEST_PAUSE_MS = 60_000;

interface State {
  /** Attempts in a row without an answer. */
  failures: number;
  pauses: number;
  /** By the monotonic clock, in ms; 0: not paused. */
  pausedUntil: number;
  isProbed: boolean;
}

/** One target of one account: another account's failures say nothing about it, and cannot pause it. */
export interface DeliveryTarget {
  readonly account: string;
  readonly url: string;
}

/** Hears of the result of an attempt, once; undefined: it was called off, which tells nothing about the target. */
export type AttemptEnd = (result: DeliveryResult | undefined) => void;

/**
 * Leaves a target alone that did not answer several times in a row, for a pause that grows. Meanwhile attempts fail at once,
 * so that nothing waits for its timeout. After the pause one attempt is made, the probe; its result decides for the others.
 */
export class TargetBreaker {
  readonly #states = new Map<string, State>();
  readonly #clock: Pick<Clock, "now" | "monotonic">;

  constructor(clock: Pick<Clock, "now" | "monotonic">) {
    this.#clock = clock;
  }

  /** Until when the target is left alone, in ms since the epoch; undefined: it is not. */
  pausedUntil(target: DeliveryTarget): number | undefined {
    const state = this.#states.get(keyOf(target));
    const leftMs = (state?.pausedUntil ?? 0) - this.#clock.monotonic();
    return leftMs > 0 ? this.#clock.now() + leftMs : undefined;
  }

  /** Why no attempt is made now; undefined: one may be. */
  refusal(target: DeliveryTarget): DeliveryResult | undefined {
    const state = this.#states.get(keyOf(target));
    if (state === undefined || (state.pausedUntil <= this.#clock.monotonic() && !state.isProbed)) {
      return undefined;
    }
    return { delivered: false, error: `not tried: ${state.failures} attempts got no answer` };
  }

  /** An attempt begins: it is the probe if the target was paused, unless somebody asked for it. */
  begin(target: DeliveryTarget, isAsked = false): AttemptEnd {
    const key = keyOf(target);
    const state = this.#states.get(key);
    const isProbe = !isAsked && state !== undefined && state.pausedUntil > 0;
    if (isProbe) state.isProbed = true;
    return (result) => {
      if (result === undefined) {
        if (isProbe) state.isProbed = false; // another attempt may be the probe
        return;
      }
      // An answer of any status shows that the target is there.
      if (result.status !== undefined) this.#states.delete(key);
      else this.#failed(key, isProbe);
    };
  }

  /** Nothing is sent to the target any more. */
  forget(target: DeliveryTarget): void {
    this.#states.delete(keyOf(target));
  }

  #failed(key: string, isProbe: boolean): void {
    const fresh = { failures: 0, pauses: 0, pausedUntil: 0, isProbed: false };
    const state = this.#states.get(key) ?? fresh;
    this.#states.set(key, state);
    // What began before the pause, or was asked for in it, tells nothing new when it ends.
    if (state.pausedUntil > 0 && !isProbe) return;
    state.failures += 1;
    if (state.failures < FAILURES) return;
    const pauseMs = FIRST_PAUSE_MS * 2 ** state.pauses;
    if (pauseMs < LONGEST_PAUSE_MS) state.pauses += 1;
    state.pausedUntil = this.#clock.monotonic() + Math.min(pauseMs, LONGEST_PAUSE_MS);
    state.isProbed = false;
  }
}

/** Whether two webhooks send to the same target. */
export function isSameTarget(one: DeliveryTarget, other: DeliveryTarget): boolean {
  return keyOf(one) === keyOf(other);
}

/** What names a target. */
export function keyOf({ account, url }: DeliveryTarget): string {
  return `${account} ${new URL(url).host}`;
}
