/** How fast one account, or one address that proves nothing, is told that it was refused. */
export const REFUSAL_PACE = {
  /** Refusals a second that are answered at once. */
  perSecond: 200,
  /** How many more may come at one moment after a pause. */
  burst: 400,
  /** No answer is kept back longer, in ms. It stays below the shortest read timeout of an official SDK, 3 s. */
  longestMs: 2_500,
  /** So many are told apart; all further ones share one pace. */
  most: 10_000,
} as const;

const INTERVAL_MS = 1_000 / REFUSAL_PACE.perSecond;
const BURST_MS = REFUSAL_PACE.burst * INTERVAL_MS;
/** Whoever is one too many. No account and no address has this name. */
const ALL_FURTHER = "\0";

/**
 * Says how long the answer to a refused call is kept back. A client that is refused more often than anybody needs gets
 * its refusals at that pace, so that refusing it does not take the time of the others. Nobody is refused for it.
 */
export class RefusalPace {
  /** For each account or address, when its next refusal would be due if they came evenly. */
  readonly #due = new Map<string, number>();

  /** @param who an account or an address. @param now monotonic. @returns ms; 0: the answer goes out at once. */
  delayMs(who: string, now: number): number {
    const name = this.#due.has(who) || this.#hasRoom(now) ? who : ALL_FURTHER;
    const earliest = now - BURST_MS;
    const latest = now + REFUSAL_PACE.longestMs;
    const due = Math.min(Math.max(this.#due.get(name) ?? earliest, earliest) + INTERVAL_MS, latest);
    this.#due.set(name, due);
    return Math.max(0, Math.ceil(due - now));
  }

  /** Forgets whoever has been quiet for so long that it makes no difference. */
  #hasRoom(now: number): boolean {
    if (this.#due.size < REFUSAL_PACE.most) return true;
    for (const [who, due] of this.#due) {
      if (due <= now - BURST_MS) this.#due.delete(who);
    }
    return this.#due.size < REFUSAL_PACE.most;
  }
}
