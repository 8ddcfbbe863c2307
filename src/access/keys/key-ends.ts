interface End {
  /** ms since the epoch. */
  readonly at: number;
  readonly id: string;
}

/** When the temporary keys of each account end, in order: those that ended long ago are found without a look at the others. */
export class KeyEnds {
  readonly #ends = new Map<string, End[]>();

  add(account: string, id: string, at: number): void {
    const ends = this.#ends.get(account);
    if (ends === undefined) this.#ends.set(account, [{ at, id }]);
    else ends.splice(firstFrom(ends, at + 1), 0, { at, id });
  }

  remove(account: string, id: string, at: number): void {
    const ends = this.#ends.get(account) ?? [];
    for (let index = firstFrom(ends, at); ends[index]?.at === at; index++) {
      if (ends[index]?.id !== id) continue;
      ends.splice(index, 1);
      if (ends.length === 0) this.#ends.delete(account);
      return;
    }
  }

  /** The ids of the account's keys that ended before this moment, the oldest end first. */
  before(account: string, moment: number): readonly string[] {
    const ends = this.#ends.get(account) ?? [];
    return ends.slice(0, firstFrom(ends, moment)).map(({ id }) => id);
  }
}

/** The index of the first end at this moment or later. */
function firstFrom(ends: readonly End[], moment: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle]?.at ?? 0) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
