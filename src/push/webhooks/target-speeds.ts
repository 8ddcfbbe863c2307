import type { DeliveryResult } from "./sender.ts";
import { type DeliveryTarget, keyOf } from "./target-breaker.ts";

/** An attempt without an answer for longer than this is a slow one. */
export const PATIENCE_MS = 1_000;

/**
 * How a target answers. `unknown`: it had no attempt since the start; `quick`: the last answer came soon; `slow`: an attempt under
 * way takes long, or the last one did; `silent`: the last attempt got no answer.
 */
export type Speed = "unknown" | "quick" | "slow" | "silent";

/** Remembers how quickly each target answers, by account and host: many webhooks to one host have one target. */
export class TargetSpeeds {
  readonly #speeds = new Map<string, Speed>();

  /** @param key as `keyOf` has it. */
  of(key: string): Speed {
    return this.#speeds.get(key) ?? "unknown";
  }

  /** An attempt is under way for longer than `PATIENCE_MS`. */
  waits(target: DeliveryTarget): void {
    const key = keyOf(target);
    if (this.of(key) !== "silent") this.#speeds.set(key, "slow");
  }

  /** @param ms how long the attempt took. */
  ended(target: DeliveryTarget, { status }: DeliveryResult, ms: number): void {
    const answered = ms < PATIENCE_MS ? "quick" : "slow";
    this.#speeds.set(keyOf(target), status === undefined ? "silent" : answered);
  }

  forget(target: DeliveryTarget): void {
    this.#speeds.delete(keyOf(target));
  }
}
