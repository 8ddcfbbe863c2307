import { DomainError } from "../core/errors.ts";

/** Changes of one account that may wait at once. */
const WAITING_LIMIT = 100;

/**
 * Runs changes strictly one after another, each when the one before it has ended. Accounts take turns, so that the
 * changes of one that has many wait for each other and not those of the rest.
 */
export class Turns {
  /** By account, the one whose turn is next first. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #busy = false;

  /** @throws DomainError `ResourceBusy` if too many changes of the account wait already; else whatever `run` throws. */
  take<T>(account: string, run: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(account) ?? [];
    if (waiting.length >= WAITING_LIMIT) throw tooMany(account);
    this.#waiting.set(account, waiting);
    return new Promise<T>((resolve, reject) => {
      waiting.push(() => run().then(resolve, reject));
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) await next();
    this.#busy = false;
  }

  /** The account goes to the end of the line. */
  #next(): (() => Promise<void>) | undefined {
    for (const [account, waiting] of this.#waiting) {
      this.#waiting.delete(account);
      const next = waiting.shift();
      if (waiting.length > 0) this.#waiting.set(account, waiting);
      if (next !== undefined) return next;
    }
    return undefined;
  }
}

function tooMany(account: string): DomainError {
  return new DomainError(
    "ResourceBusy",
    `${WAITING_LIMIT} changes of keys and policies of the account ${account} wait already, which is as many as may; send the next when some are answered`,
    { limit: WAITING_LIMIT },
  );
}
