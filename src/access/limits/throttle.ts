import type { Operation } from "../../message/operation.ts";
import type { Denial } from "../call.ts";

/** A bucket that holds `burst` tokens and gets `perSecond` new ones; a call takes one. */
interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

interface AccountThrottling {
  /** The limit of all calls of an account together. */
  readonly account?: Limit;
  /** The limit of each operation of an account that changes something. */
  readonly changes?: Limit;
  /** The limit of each operation of an account that reads. */
  readonly reads?: Limit;
  /** Limits of single operations, by their name in policies, e.g. `cs:DescribeTaskInfo`. They replace `changes` and `reads`. */
  readonly operations?: Readonly<Record<string, Limit>>;
}

export interface Throttling extends AccountThrottling {
  /** By account; each limit that is named here replaces the one for all. */
  readonly accounts?: Readonly<Record<string, AccountThrottling>>;
}

/** Reads have no limit because polling is cheap. Changes have one because of scripts that run wild. */
export const DEFAULT_THROTTLING: Throttling = { changes: { perSecond: 1_000, burst: 2_000 } };

/** Row 18 of AUTH.md §4: token buckets per account, and per account and operation. */
export class Throttle {
  readonly #limits: AccountThrottling;
  /** The limits of accounts that have their own. */
  readonly #ownLimits: ReadonlyMap<string, AccountThrottling> | undefined;
  readonly #accounts = new Map<string, Bucket>();
  readonly #operations = new Map<string, Map<string, Bucket>>();

  /** False: every call may be made, and `take` need not be asked. */
  readonly hasLimits: boolean;

  constructor(limits: Throttling) {
    this.#limits = limits;
    if (limits.accounts !== undefined) this.#ownLimits = ownLimits(limits, limits.accounts);
    this.hasLimits = Object.keys(limits).length > 0;
  }

  /** Takes a token of each bucket that the call falls under, or says which is empty and takes none. `now` is monotonic. */
  take(account: string, operation: Operation, now: number): Denial | undefined {
    const limits = this.#limitsOf(account);
    const own = limitOf(limits, operation);
    const { account: overall } = limits;
    if (own === undefined && overall === undefined) return undefined;
    const all = overall && bucketIn(this.#accounts, account, overall, now);
    const one = own && bucketIn(this.#operationsOf(account), operation.name, own, now);
    const user = all?.waitMs(now) ?? 0;
    if (user > 0) return denial("User", "user", user);
    const api = one?.waitMs(now) ?? 0;
    if (api > 0) return denial("Api", "api", api);
    all?.take();
    one?.take();
    return undefined;
  }

  #limitsOf(account: string): AccountThrottling {
    return this.#ownLimits?.get(account) ?? this.#limits;
  }

  #operationsOf(account: string): Map<string, Bucket> {
    const known = this.#operations.get(account);
    if (known) return known;
    const made = new Map<string, Bucket>();
    this.#operations.set(account, made);
    return made;
  }
}

function ownLimits(
  all: AccountThrottling,
  accounts: Readonly<Record<string, AccountThrottling>>,
): ReadonlyMap<string, AccountThrottling> {
  const merged = Object.entries(accounts).map(([account, own]) => {
    const operations = { ...all.operations, ...own.operations };
    return [account, { ...all, ...own, operations }] as const;
  });
  return new Map(merged);
}

function limitOf(limits: AccountThrottling, { name, mutating }: Operation): Limit | undefined {
  const { operations, changes, reads } = limits;
  if (operations && Object.hasOwn(operations, name)) return operations[name];
  return mutating ? changes : reads;
}

/** Fractions of a token add up with small errors. Without this, a call could be told to wait 1 ms for such an error. */
const ROUNDING = 1e-9;

class Bucket {
  readonly #limit: Limit;
  #tokens: number;
  #filledAt: number;

  constructor(limit: Limit, now: number) {
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#filledAt = now;
  }

  /** How long it takes until there is a token, in ms; 0 if there is one. */
  waitMs(now: number): number {
    const { perSecond, burst } = this.#limit;
    // Should time ever go back, no token is added and none is taken away.
    const gained = (Math.max(0, now - this.#filledAt) * perSecond) / 1_000;
    this.#tokens = Math.min(burst, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens >= 1 - ROUNDING) return 0;
    return Math.ceil(((1 - this.#tokens - ROUNDING) * 1_000) / perSecond);
  }

  take(): void {
    this.#tokens -= 1;
  }
}

function bucketIn(buckets: Map<string, Bucket>, name: string, limit: Limit, now: number): Bucket {
  const known = buckets.get(name);
  if (known) return known;
  const made = new Bucket(limit, now);
  buckets.set(name, made);
  return made;
}

function denial(code: string, whose: string, retryAfterMs: number): Denial {
  return {
    status: 400,
    code: `Throttling.${code}`,
    message: `Request was denied due to ${whose} flow control.`,
    reason: `throttled-by-${whose}`,
    retryAfterMs,
  };
}
