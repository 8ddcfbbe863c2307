/** So many requests of an account are worked on as they come, in one turn of the event loop, while others call, too. */
const AT_ONCE = 8;
/** For how long requests that wait are worked on in one turn, in ms. Then new ones are read. */
const LONGEST_MS = 1;
/** So many of them at most. */
const MOST_WORKED_ON = 32;
/** An account that has not called for so long is no longer one of the others, in ms. */
const QUIET_MS = 1_000;

type Work = () => void;

/** What one account has had of the present turn. */
interface Turn {
  begun: number;
  seenAt: number;
}

export interface RequestTurnsOptions {
  /** In ms, from any beginning; only goes on. */
  readonly now: () => number;
  /** Calls back once the requests that have arrived by now have been read. */
  readonly soon: (callback: () => void) => void;
}

/**
 * Divides the time of the process between the accounts that call. Of one that sends hundreds of requests at once, a few
 * are worked on in each turn of the event loop, as of each other account; the rest waits. Nothing waits while only one
 * account calls, and nothing waits while the process has nothing else to do.
 */
export class RequestTurns {
  readonly #options: RequestTurnsOptions;
  /** The only account that calls; undefined: nobody has called yet, or several do. */
  #alone: string | undefined;
  /** The accounts that called within the last second; empty while one is alone. */
  readonly #turns = new Map<string, Turn>();
  /** What waits, the oldest of each account first; the accounts in the order in which they come next. */
  readonly #waiting = new Map<string, Work[]>();
  #isUnderWay = false;
  /** When the present turn began. */
  #began = 0;

  constructor(options: RequestTurnsOptions) {
    this.#options = options;
  }

  /** Whether the work on a request of this account may begin now; if not, it has to `wait`. */
  mayBegin(account: string): boolean {
    if (account === this.#alone) return true;
    if (this.#alone === undefined && this.#turns.size === 0) {
      this.#alone = account;
      return true;
    }
    const turn = this.#turnOf(account);
    if (turn.begun >= AT_ONCE || this.#waiting.has(account)) return false;
    turn.begun += 1;
    return true;
  }

  /** Does the work when it is the account's turn. It must not throw. */
  wait(account: string, work: Work): void {
    const waiting = this.#waiting.get(account);
    if (waiting === undefined) this.#waiting.set(account, [work]);
    else waiting.push(work);
  }

  #turnOf(account: string): Turn {
    const now = this.#options.now();
    if (this.#alone !== undefined) {
      this.#turns.set(this.#alone, { begun: 0, seenAt: now });
      this.#alone = undefined;
    }
    const known = this.#turns.get(account);
    const turn = known ?? { begun: 0, seenAt: now };
    if (known === undefined) this.#turns.set(account, turn);
    turn.seenAt = now;
    if (!this.#isUnderWay) this.#later();
    return turn;
  }

  #later(): void {
    const { soon } = this.#options;
    this.#isUnderWay = true;
    soon(() => this.#nextTurn());
    if (this.#waiting.size === 0) return;
    // Each in a callback of its own, because only then what it does after its promises is over before the next one.
    for (let i = 1; i < MOST_WORKED_ON; i++) soon(() => this.#workIfTime());
  }

  #nextTurn(): void {
    this.#began = this.#options.now();
    for (const [account, turn] of this.#turns) {
      turn.begun = 0;
      const isQuiet = turn.seenAt < this.#began - QUIET_MS && !this.#waiting.has(account);
      if (isQuiet) this.#turns.delete(account);
    }
    if (this.#waiting.size === 0) {
      this.#isUnderWay = false;
      if (this.#turns.size === 1) [this.#alone] = this.#turns.keys();
      if (this.#alone !== undefined) this.#turns.clear();
      return;
    }
    this.#workOnNext();
    this.#later();
  }

  #workIfTime(): void {
    if (this.#options.now() < this.#began + LONGEST_MS) this.#workOnNext();
  }

  /** The oldest of the account that comes next, which then comes last. */
  #workOnNext(): void {
    for (const [account, waiting] of this.#waiting) {
      const work = waiting.shift();
      this.#waiting.delete(account);
      if (waiting.length > 0) this.#waiting.set(account, waiting);
      work?.();
      return;
    }
  }
}
