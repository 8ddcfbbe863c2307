/** While several accounts call, requests are worked on as they come for so long in one turn of the event loop, in ms. */
const AT_ONCE_MS = 1;
/** After that, so many of each account. */
const AT_ONCE = 8;
/** For how long requests of one account that wait are worked on in one turn, in ms. */
const ACCOUNT_MS = 1;
/** For how long those of all accounts together are. Then new ones are read. */
const LONGEST_MS = 8;
/** So many of each account that waits are worked on in one turn, and so many of all. */
const MOST_WORKED_ON = 32;
const MOST_OF_ALL = 128;
/** An account that has not called for so long is no longer one of the others, in ms. */
const QUIET_MS = 1_000;

type Work = () => void;

/** What one account has had. */
interface Turn {
  /** Requests of the present turn that were worked on as they came. */
  begun: number;
  /** The time for its requests that waited, in ms, beyond what each turn gives it. */
  usedMs: number;
  seenAt: number;
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
  /** What waits, the oldest of each account first; the accounts in the order in which they come next. */
  readonly #waiting = new Map<string, Work[]>();
  #isUnderWay = false;
  /** When the first request of the present turn arrived; undefined: none has. */
  #readSince: number | undefined;
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
    const now = this.#options.now();
    const turn = this.#turnOf(account, now);
    this.#readSince ??= now;
    if (this.#waiting.has(account)) return false;
    if (turn.begun >= AT_ONCE && now >= this.#readSince + AT_ONCE_MS) return false;
    turn.begun += 1;
    return true;
  }

  /** Does the work when it is the account's turn. It must not throw. */
  wait(account: string, work: Work): void {
    const waiting = this.#waiting.get(account);
    if (waiting === undefined) this.#waiting.set(account, [work]);
    else waiting.push(work);
  }

  #turnOf(account: string, now: number): Turn {
    if (this.#alone !== undefined) {
      this.#turns.set(this.#alone, { begun: 0, usedMs: 0, seenAt: now });
      this.#alone = undefined;
    }
    const known = this.#turns.get(account);
    const turn = known ?? { begun: 0, usedMs: 0, seenAt: now };
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
    const most = Math.min(MOST_WORKED_ON * this.#waiting.size, MOST_OF_ALL);
    for (let i = 0; i < most; i++) soon(() => this.#workIfTime());
  }

  #nextTurn(): void {
    const now = this.#options.now();
    this.#until = now + LONGEST_MS;
    this.#present = undefined;
    this.#readSince = undefined;
    for (const [account, turn] of this.#turns) {
      turn.begun = 0;
      turn.usedMs = Math.max(0, turn.usedMs - ACCOUNT_MS);
      const isQuiet = turn.seenAt < now - QUIET_MS && !this.#waiting.has(account);
      if (isQuiet) this.#turns.delete(account);
    }
    if (this.#waiting.size === 0) {
      this.#isUnderWay = false;
      if (this.#turns.size === 1) [this.#alone] = this.#turns.keys();
      if (this.#alone !== undefined) this.#turns.clear();
      return;
    }
    const [first] = this.#waiting.keys();
    const next = this.#nextAccount() ?? first;
    if (next !== undefined) this.#workOn(next, now);
    this.#later();
  }

  #workIfTime(): void {
    const now = this.#options.now();
    if (this.#present !== undefined) this.#present.turn.usedMs += now - this.#present.since;
    this.#present = undefined;
    if (now >= this.#until) return;
    const next = this.#nextAccount();
    if (next !== undefined) this.#workOn(next, now);
  }

  /** The account that comes next, of those that have not had their time yet. */
  #nextAccount(): string | undefined {
    for (const account of this.#waiting.keys()) {
      const turn = this.#turns.get(account);
      if (turn === undefined || turn.usedMs < ACCOUNT_MS) return account;
    }
    return undefined;
  }

  /** Works on the oldest request of the account, which then comes last. */
  #workOn(account: string, now: number): void {
    const waiting = this.#waiting.get(account);
    const work = waiting?.shift();
    this.#waiting.delete(account);
    if (waiting !== undefined && waiting.length > 0) this.#waiting.set(account, waiting);
    const turn = this.#turns.get(account);
    this.#present = turn && { turn, since: now };
    work?.();
  }
}
