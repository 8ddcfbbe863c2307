/** How long work of many parts may go on before others get their turn of the event loop, in ms. */
export const LONGEST_TURN_MS = 2;

/** What divides time between long works: a clock that only goes on, and turns of the event loop. */
export interface LoopTurns {
  /** In ms, from any beginning. */
  now(): number;
  /** Resolves once it is the owner's turn again. */
  next(owner: string): Promise<void>;
}

/**
 * Gives one long work after another a turn of the event loop of its own, so that requests are served in between however
 * many such works there are. Owners take turns, too: a thousand works of one account delay another's by one turn.
 */
export class FairTurns implements LoopTurns {
  readonly now: () => number;
  readonly #soon: (callback: () => void) => void;
  /** Who waits, by owner; the owners in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #isUnderWay = false;

  constructor(now: () => number, soon: (callback: () => void) => void) {
    this.now = now;
    this.#soon = soon;
  }

  next(owner: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(owner);
    if (waiting === undefined) this.#waiting.set(owner, [resolve]);
    else waiting.push(resolve);
    if (!this.#isUnderWay) this.#later();
    return promise;
  }

  #later(): void {
    this.#isUnderWay = true;
    this.#soon(() => {
      this.#isUnderWay = false;
      for (const [owner, waiting] of this.#waiting) {
        this.#waiting.delete(owner);
        const [first, ...others] = waiting;
        if (others.length > 0) this.#waiting.set(owner, others);
        first?.();
        break;
      }
      if (this.#waiting.size > 0) this.#later();
    });
  }
}

/** The turns of this process. */
const systemTurns: LoopTurns = new FairTurns(
  () => performance.now(),
  (callback) => void setImmediate(callback),
);

/** One long work. It asks between its parts whether it has gone on for long enough. */
export class Pace {
  readonly #owner: string;
  readonly #turns: LoopTurns;
  #began: number;

  /** @param owner the account that the work is for. */
  constructor(owner: string, turns: LoopTurns = systemTurns) {
    this.#owner = owner;
    this.#turns = turns;
    this.#began = turns.now();
  }

  /** Undefined: the work may go on. Else it has to wait for its next turn. */
  rest(): Promise<void> | undefined {
    if (this.#turns.now() - this.#began < LONGEST_TURN_MS) return undefined;
    return this.#turns.next(this.#owner).then(() => {
      this.#began = this.#turns.now();
    });
  }
}
