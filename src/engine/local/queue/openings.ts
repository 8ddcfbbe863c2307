import { OrderTree } from "./order-tree.ts";

/** Something to be looked at again when its time has come. */
export interface Timed {
  /** @param now monotonic */
  look(now: number): void;
}

interface Opening {
  readonly timed: Timed;
  readonly at: number;
  readonly sequence: number;
}

/** The moments (monotonic) at which gates open by themselves. To set one, to take it back and to find the next takes O(log n). */
export class Openings {
  readonly #byTimed = new Map<Timed, Opening>();
  readonly #inOrder = new OrderTree<Opening>(
    (one, other) => one.at - other.at || one.sequence - other.sequence,
  );
  #count = 0;
  /** The first of the moments. */
  nextAt = Number.POSITIVE_INFINITY;

  /** @param at undefined: it is not to be looked at any more. */
  set(timed: Timed, at: number | undefined): void {
    const before = this.#byTimed.get(timed);
    if (before?.at === at) return;
    if (before !== undefined) {
      this.#inOrder.delete(before);
      this.#byTimed.delete(timed);
    }
    if (at !== undefined) {
      this.#count += 1;
      const opening = { timed, at, sequence: this.#count };
      this.#byTimed.set(timed, opening);
      this.#inOrder.add(opening);
    }
    this.nextAt = this.#inOrder.first?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Looks at all whose time has come. */
  look(now: number): void {
    for (;;) {
      const next = this.#inOrder.first;
      if (next === undefined || next.at > now) return;
      this.set(next.timed, undefined);
      next.timed.look(now);
    }
  }
}
