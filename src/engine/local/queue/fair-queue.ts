import { type Foremost, PriorityQueue, type Waiting } from "./priority-queue.ts";

/** Whose turn it is: the account that was given a slot longest ago, or never, comes first. */
export class AccountTurns {
  readonly #lastAt = new Map<string, number>();
  #count = 0;

  /** The account was given a slot. */
  taken(account: string): void {
    this.#count += 1;
    this.#lastAt.set(account, this.#count);
  }

  /** Lower comes first. */
  of(account: string): number {
    return this.#lastAt.get(account) ?? 0;
  }
}

/** The task that is due next in a fair queue, and the turn of its account. */
export interface DueTask extends Foremost {
  readonly turn: number;
}

/**
 * Waiting tasks of all accounts. Accounts take turns, so that one with many tasks does not keep those of others waiting; within
 * an account the task with the highest rank comes first. Finding it looks at each account that waits, not at each task.
 */
export class FairQueue {
  readonly #accounts = new Map<string, PriorityQueue>();
  readonly #turns: AccountTurns;

  constructor(turns: AccountTurns) {
    this.#turns = turns;
  }

  push(waiting: Waiting): void {
    const { account } = waiting.task;
    const queue = this.#accounts.get(account) ?? new PriorityQueue();
    this.#accounts.set(account, queue);
    queue.push(waiting);
  }

  get isEmpty(): boolean {
    for (const queue of this.#accounts.values()) if (!queue.isEmpty) return false;
    return true;
  }

  /** Drops those that no longer wait from the front. `ageingMs` of waiting count as one level of priority. */
  foremost(
    now: number,
    ageingMs: number,
    stillWaits: (waiting: Waiting) => boolean,
  ): DueTask | undefined {
    for (let first = this.#firstAccount(); first !== undefined; first = this.#firstAccount()) {
      const { account, turn } = first;
      const found = this.#accounts.get(account)?.foremost(now, ageingMs, stillWaits);
      if (found !== undefined) return { ...found, turn };
      this.#accounts.delete(account);
    }
    return undefined;
  }

  #firstAccount(): { readonly account: string; readonly turn: number } | undefined {
    let account: string | undefined;
    let turn = Number.POSITIVE_INFINITY;
    for (const one of this.#accounts.keys()) {
      const its = this.#turns.of(one);
      if (its < turn) {
        account = one;
        turn = its;
      }
    }
    return account === undefined ? undefined : { account, turn };
  }
}
