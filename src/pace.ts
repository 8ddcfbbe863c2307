/** How long works of many parts may go on before others get their turn of the event loop, in ms: all of them together. */
export const LONGEST_TURN_MS = 2;

/** The owner of a work that is for many accounts. */
export const EVERYBODY = "";

/** What divides time between long works: a clock that only goes on, and turns of the event loop. */
export interface LoopTurns {
  /** In ms, from any beginning. */
  now(): number;
  /** When the long works of the present turn began. What begins in the same turn has no time of its own. */
  began(): number;
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
  readonly #waiting = new Map<string, Line>();
  #began: number | undefined;
  #isUnderWay = false;

  constructor(now: () => number, soon: (callback: () => void) => void) {
    this.now = now;
    this.#soon = soon;
  }

  began(): number {
    this.#began ??= this.now();
    this.#later();
    return this.#began;
  }

  next(owner: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = this.#waiting.get(owner);
    if (line === undefined) this.#waiting.set(owner, { callbacks: [resolve], at: 0 });
    else line.callbacks.push(resolve);
    this.#later();
    return promise;
  }

  #later(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#soon(() => {
      this.#isUnderWay = false;
      this.#began = undefined;
      this.#first()?.();
      if (this.#waiting.size > 0) this.#later();
    });
  }

  /** Who comes first. The owner comes last then. */
  #first(): (() => void) | undefined {
    for (const [owner, line] of this.#waiting) {
      this.#waiting.delete(owner);
      const first = line.callbacks[line.at++];
      if (line.at < line.callbacks.length) this.#waiting.set(owner, line);
      return first;
    }
    return undefined;
  }
}

/** The works of one owner that wait; `at` is the first of them. */
interface Line {
  readonly callbacks: (() => void)[];
  at: number;
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

  /** @param owner the account that the work is for. */
  constructor(owner: string, turns: LoopTurns = systemTurns) {
    this.#owner = owner;
    this.#turns = turns;
  }

  /**
   * Undefined: the work may go on, and has to do so before it waits for anything, because others ask the same. Else it has to
   * wait for its next turn.
   */
  rest(): Promise<void> | undefined {
    return this.isOver ? this.next() : undefined;
  }

  /** Whether its turn is over. Who has to let go of something first asks this, and `rest` then. */
  get isOver(): boolean {
    return this.#turns.now() - this.#turns.began() >= LONGEST_TURN_MS;
  }

  /** Waits for its next turn in any case: what it set off, as answers to many requests, cannot be seen by `rest`. */
  next(): Promise<void> {
    return this.#turns.next(this.#owner);
  }
}

/** What a walk reads at a time. */
export interface WalkPage<Item, Place> {
  readonly items: readonly Item[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: Place | undefined;
}

/**
 * The pages of what can be long, as a log or the tasks of an account, each read when it is asked for and after a rest if the
 * turn is over.
 * @param read reads a page; its size in bytes is the reader's to bound.
 */
export async function* pages<Item, Place>(
  pace: Pace,
  from: Place,
  read: (from: Place) => Promise<WalkPage<Item, Place>>,
): AsyncGenerator<readonly Item[], void, void> {
  for (let place: Place | undefined = from; place !== undefined; ) {
    const rest = pace.rest();
    if (rest !== undefined) await rest;
    const page: WalkPage<Item, Place> = await read(place);
    yield page.items;
    place = page.next;
  }
}

/**
 * Goes over the items of those pages, with rests between them as well. Every loop over what can be long is to be one of
 * these, because without rests nobody else is served while it lasts.
 * @param visit ends the walk if it returns false.
 */
export async function walk<Item, Place>(
  pace: Pace,
  from: Place,
  read: (from: Place) => Promise<WalkPage<Item, Place>>,
  visit: (item: Item) => unknown,
): Promise<void> {
  for await (const items of pages(pace, from, read)) {
    for (const item of items) {
      const rest = pace.rest();
      if (rest !== undefined) await rest;
      const visited = visit(item);
      if ((visited instanceof Promise ? await visited : visited) === false) return;
    }
  }
}
