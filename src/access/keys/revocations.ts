import type { Clock } from "../../clock.ts";
import type { Denial } from "../call.ts";
import type { Authenticator } from "./authenticator.ts";
import type { KeyRing } from "./key-ring.ts";

type Listener = (denial: Denial) => void;

/** Ends what a key has under way, a wait or a stream, at the moment the key ends: disabled, deleted or expired. */
export class Revocations {
  readonly #authenticator: Authenticator;
  readonly #ring: KeyRing;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Set<Listener>>();

  constructor(authenticator: Authenticator, ring: KeyRing, clock: Clock) {
    this.#authenticator = authenticator;
    this.#ring = ring;
    this.#clock = clock;
    ring.onChange(() => {
      for (const accessKeyId of this.#watched.keys()) this.#check(accessKeyId);
    });
  }

  /** The returned function calls it off. */
  watch(accessKeyId: string, listener: Listener): () => void {
    const listeners = this.#watched.get(accessKeyId) ?? new Set();
    this.#watched.set(accessKeyId, listeners.add(listener));
    // Of the whole chain: a key ends with the first that it comes from.
    const end = this.#ring.entry(accessKeyId)?.endsAt ?? Number.POSITIVE_INFINITY;
    const callOff = Number.isFinite(end)
      ? this.#clock.schedule(end, () => this.#check(accessKeyId))
      : undefined;
    return () => {
      callOff?.();
      listeners.delete(listener);
      if (listeners.size === 0) this.#watched.delete(accessKeyId);
    };
  }

  #check(accessKeyId: string): void {
    const denial = this.#authenticator.recheck(accessKeyId);
    if (denial === undefined) return;
    for (const listener of [...(this.#watched.get(accessKeyId) ?? [])]) listener(denial);
  }
}
