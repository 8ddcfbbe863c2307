import type { DeliveryResult } from "./sender.ts";

/** Attempts in a row without an answer after which a target is left alone. */
const FAILURES = 5;
const FIRST_PAUSE_MS = 1_000;
/** Shorter than the delays between late attempts, so that a target that is back is soon found to be. */
const LONGEST_PAUSE_MS = 60_000;

interface State {
  /** Attempts in a row without an answer. */
  failures: number;
  /** In ms since the epoch; 0: not paused. */
  pausedUntil: number;
  isProbed: boolean;
}

/** One target of one account: another account's failures say nothing about it, and cannot pause it. */
export interface DeliveryTarget {
  readonly account: string;
  readonly url: string;
}

/**
 * Leaves a target alone that did not answer several times in a row, for a pause that grows. Meanwhile attempts fail at once,
 * so that nothing waits for its timeout. After the pause one attempt is made; its result decides for the others.
 */
export class TargetBreaker {
  readonly #states = new Map<string, State>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Until when the target is left alone, in ms since the epoch; undefined: it is not. */
  pausedUntil(target: DeliveryTarget): number | undefined {
    const state = this.#states.get(keyOf(target));
    return state !== undefined && state.pausedUntil > this.#now() ? state.pausedUntil : undefined;
  }

  /** Why no attempt may be made now; undefined: one may, and `ended` has to hear of its result. */
  refusal(target: DeliveryTarget): DeliveryResult | undefined {
    const state = this.#states.get(keyOf(target));
    if (state === undefined || state.pausedUntil === 0) return undefined;
    if (state.pausedUntil <= this.#now() && !state.isProbed) {
      state.isProbed = true;
      return undefined;
    }
    return { delivered: false, error: `not tried: ${state.failures} attempts got no answer` };
  }

  /** An answer of any status shows that the target is there. */
  ended(target: DeliveryTarget, result: DeliveryResult): void {
    const key = keyOf(target);
    if (result.status !== undefined) this.#states.delete(key);
    else this.#failed(key);
  }

  /** Nothing is sent to the target any more. */
  forget(target: DeliveryTarget): void {
    this.#states.delete(keyOf(target));
  }

  #failed(key: string): void {
    const state = this.#states.get(key) ?? { failures: 0, pausedUntil: 0, isProbed: false };
    this.#states.set(key, state);
    const decides = state.pausedUntil === 0 || state.isProbed;
    state.failures += 1;
    // Attempts that began before the pause tell nothing new when they end in it.
    if (!decides || state.failures < FAILURES) return;
    const pause = FIRST_PAUSE_MS * 2 ** Math.min(state.failures - FAILURES, 16);
    state.pausedUntil = this.#now() + Math.min(pause, LONGEST_PAUSE_MS);
    state.isProbed = false;
  }
}

function keyOf({ account, url }: DeliveryTarget): string {
  return `${account} ${new URL(url).host}`;
}
