/** While several accounts call, so many requests of each are worked on as they come, in one turn of the event loop. */
const AT_ONCE = 32;
/** Of an account that has requests waiting, they are worked on for so long in one turn, in ms. */
const ACCOUNT_MS = 1;
/** Those of all accounts together for so long. Then new ones are read. */
const LONGEST_MS = 8;
/** So many of each account that waits are worked on in one turn, and so many of all. */
const MOST_WORKED_ON = 32;
const MOST_OF_ALL = 128;
/** An account that has not called for so long is no longer one of the others, in ms. */
const QUIET_MS = 1_000;

type Work = () => void;

/** What one account has had, and what waits. */
interface Turn {
  /** Requests of the present turn that were worked on as they came. */
  begun: number;
  /** The time for its requests that waited, in ms, beyond what each turn gives it. */
  usedMs: number;
  /** Whether it called in the present turn, and when it last did in an earlier one. */
  called: boolean;
  seenAt: number;
  /** The oldest first. */
  readonly waiting: Work[];
}

export interface RequestTurnsOptions {
  /** In ms, from any beginning; only goes on. */
  readonly now: () => number;
  /** Calls back once the requests that have arrived by now have been read. */
  readonly soon: (callback: () => void) => void;
}

/**
 * Divides the time of the process between the accounts that call. Of one that sends hundreds of requests at once, some
 * are worked on in each turn of the event loop, for as long as those of each other account; the rest waits. Nothing
 * waits while only one account calls, while all that has arrived is soon worked on, or while the process has nothing
 * else to do.
 */
export class RequestTurns {
  readonly #options: RequestTurnsOptions;
  /** The only account that calls; undefined: nobody has called yet, or several do. */
  #alone: string | undefined;
  /** The accounts that called within the last second; empty while one is alone. */
  readonly #turns = new Map<string, Turn>();
  /** Those with requests that wait, in the order in which they come next. */
  readonly #waiting = new Set<Turn>();
  #isUnderWay = false;
  /** Until when requests that waited are worked on in the present turn. */
  #until = 0;
  /** Whose request is worked on, and since when; undefined: nobody's. */
  #present: { readonly turn: Turn; readonly since: number } | undefined;

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
    turn.called = true;
    if (turn.begun >= AT_ONCE || turn.waiting.length > 0) return false;
    turn.begun += 1;
    return true;
  }

  /** Does the work when it is the account's turn. It must not throw. */
  wait(account: string, work: Work): void {
    const turn = this.#turnOf(account);
    turn.waiting.push(work);
    this.#waiting.add(turn);
  }

  #turnOf(account: string): Turn {
    if (this.#alone !== undefined) {
      this.#turns.set(this.#alone, this.#newTurn());
      this.#alone = undefined;
    }
    let turn = this.#turns.get(account);
    if (turn === undefined) {
      turn = this.#newTurn();
      this.#turns.set(account, turn);
    }
    if (!this.#isUnderWay) this.#later();
    return turn;
  }

  #newTurn(): Turn {
    return { begun: 0, usedMs: 0, called: false, seenAt: this.#options.now(), waiting: [] };
  }

  #later(): void {
    const { soon } = this.#options;
    this.#isUnderWay = true;
    soon(() => this.#nextTurn());
    if (this.#waiting.size === 0) return;
    // Each in a callback of its own, because only then what it does after its promises is over before the next one.
    const most = Math.min(MOST_WORKED_ON * this.#waiting.size, MOST_OF_ALL);
    for (let i = 0; i < most; i++) soon(() => this.#workIfTime());
  }

  #nextTurn(): void {
    const now = this.#options.now();
    this.#until = now + LONGEST_MS;
    this.#present = undefined;
    this.#beginTurns(now);
    if (this.#waiting.size === 0) {
      this.#isUnderWay = false;
      if (this.#turns.size === 1) [this.#alone] = this.#turns.keys();
      if (this.#alone !== undefined) this.#turns.clear();
      return;
    }
    const [first] = this.#waiting;
    const next = this.#nextOf() ?? first;
    if (next !== undefined) this.#workOn(next, now);
    this.#later();
  }

  #beginTurns(now: number): void {
    for (const [account, turn] of this.#turns) {
      if (turn.called) turn.seenAt = now;
      turn.called = false;
      turn.begun = 0;
      turn.usedMs = Math.max(0, turn.usedMs - ACCOUNT_MS);
      const isQuiet = turn.seenAt < now - QUIET_MS && turn.waiting.length === 0;
      if (isQuiet) this.#turns.delete(account);
    }
  }

  #workIfTime(): void {
    const now = this.#options.now();
    if (this.#present !== undefined) this.#present.turn.usedMs += now - this.#present.since;
    this.#present = undefined;
    if (now >= this.#until) return;
    const next = this.#nextOf();
    if (next !== undefined) this.#workOn(next, now);
  }

  /** Who comes next, of those that have not had their time yet. */
  #nextOf(): Turn | undefined {
    for (const turn of this.#waiting) if (turn.usedMs < ACCOUNT_MS) return turn;
    return undefined;
  }

  /** Works on the oldest request of the account, which then comes last. */
  #workOn(turn: Turn, now: number): void {
    const work = turn.waiting.shift();
    this.#waiting.delete(turn);
    if (turn.waiting.length > 0) this.#waiting.add(turn);
    this.#present = { turn, since: now };
    work?.();
  }
}
