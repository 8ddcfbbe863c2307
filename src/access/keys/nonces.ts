import { hash } from "node:crypto";
import type { NonceBatch } from "../../store/access-store.ts";
import type { LimitUse } from "../limits/limit-use.ts";
import { type Hash64, NonceSet } from "./nonce-set.ts";

const KINDS = ["reads", "changes"] as const;

type Kind = (typeof KINDS)[number];

/** Numbers of nonces that are remembered at most; eight bytes each in tables that are a third to two thirds full. */
export interface NonceLimits {
  /** Of all accounts together, some 200 MB at most. What an account may have beyond `floor` comes out of this. */
  readonly total: Readonly<Record<Kind, number>>;
  /** What each account may have in any case, however much the others have. */
  readonly floor: Readonly<Record<Kind, number>>;
}

const DEFAULT_LIMITS: NonceLimits = {
  total: { reads: 10_000_000, changes: 2_000_000 },
  floor: { reads: 10_000, changes: 10_000 },
};

/**
 * An account may have twice as many nonces as there is room left for. So one account alone gets two thirds of the room,
 * two get two fifths each, and there is always room for one more account.
 */
const PER_ROOM_LEFT = 2;

/** A nonce that was not used yet when it was looked up; `take` uses it. */
export interface UnusedNonce {
  readonly account: string;
  readonly hash: Hash64;
  /** The moment until which it has to be remembered, in ms since the epoch. */
  readonly keptUntil: number;
}

/** `used`: the call must be refused. `full`: the account has no room for it, so that the call has to wait. */
export type NonceClaim = "new" | "used" | "full";

/**
 * Nonces that were used, until the date they were signed with is too old. Each account has a share of the room. A full
 * share makes this account wait: no nonce is ever forgotten early. What `takePending` gives out is to be stored;
 * `restore` takes it back after a restart.
 */
export class Nonces {
  readonly #limits: NonceLimits;
  readonly #accounts = new Map<string, AccountNonces>();
  readonly #size = { reads: 0, changes: 0 };
  /** Stored by a version that did not note whose they were. They count for everybody, and end with time. */
  readonly #nobodys = new NonceSet();
  /** Since the start, by account. */
  readonly #refused = new Map<string, number>();
  #pendingUntil = 0;
  readonly #pending = new Set<AccountNonces>();

  constructor(limits: NonceLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size.reads + this.#size.changes + this.#nobodys.size;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** How many nonces of an account are remembered. */
  sizeOf(account: string): number {
    const known = this.#accounts.get(account);
    return known === undefined ? 0 : known.known.reads.size + known.known.changes.size;
  }

  /** How many there may be at the moment. */
  limitOf(account: string): number {
    return this.sizeOf(account) + this.#roomOf(account, "reads") + this.#roomOf(account, "changes");
  }

  useOf(account: string): LimitUse {
    return {
      kind: "nonces",
      used: this.sizeOf(account),
      limit: this.limitOf(account),
      refused: this.#refused.get(account) ?? 0,
    };
  }

  /** Looks a nonce up without using it; undefined: it was used with this access key before. */
  look(account: string, accessKeyId: string, nonce: string, keptUntil: number) {
    const claimed = hashOf(accessKeyId, nonce);
    const unused: UnusedNonce = { account, hash: claimed, keptUntil };
    return this.#isUsed(unused) ? undefined : unused;
  }

  /** Uses the nonce for good. It may have been used since it was looked up. */
  take(nonce: UnusedNonce, kind: Kind): NonceClaim {
    if (this.#isUsed(nonce)) return "used";
    const { account, hash: claimed, keptUntil } = nonce;
    if (this.#roomOf(account, kind) <= 0) {
      this.#refused.set(account, (this.#refused.get(account) ?? 0) + 1);
      return "full";
    }
    this.#add(account, kind, claimed, keptUntil);
    this.#await(this.#of(account), kind, claimed.high, claimed.low, keptUntil);
    return "new";
  }

  /** What was taken since the last call. */
  takePending(): readonly NonceBatch[] {
    if (this.#pending.size === 0) return [];
    const parts: Part[] = [];
    for (const { account, pending } of this.#pending) {
      for (const kind of KINDS) {
        if (pending[kind].length > 0) parts.push([kind, account, packed(pending[kind])]);
        pending[kind] = [];
      }
    }
    this.#pending.clear();
    const keptUntil = this.#pendingUntil;
    this.#pendingUntil = 0;
    return [{ keptUntil, hashes: JSON.stringify(parts) }];
  }

  /** What could not be stored is pending again. */
  putBack(batches: readonly NonceBatch[]): void {
    eachStored(batches, (kind, account, found, keptUntil) => {
      const owner = this.#accounts.get(account);
      if (owner) this.#await(owner, kind, found.high, found.low, keptUntil);
    });
  }

  restore(batches: readonly NonceBatch[]): void {
    eachStored(batches, (kind, account, found, keptUntil) => {
      if (this.#isUsed({ account, hash: found, keptUntil })) return;
      if (account === "") this.#nobodys.add(found, keptUntil);
      else this.#add(account, kind, found, keptUntil);
    });
  }

  expire(now: number): void {
    this.#nobodys.expire(now);
    for (const [account, { known }] of this.#accounts) {
      for (const kind of KINDS) {
        const before = known[kind].size;
        known[kind].expire(now);
        this.#size[kind] += known[kind].size - before;
      }
      const isEmpty = known.reads.size + known.changes.size === 0;
      if (isEmpty) this.#accounts.delete(account);
    }
  }

  #isUsed({ account, hash: claimed }: UnusedNonce): boolean {
    const known = this.#accounts.get(account)?.known;
    return (
      (known !== undefined && (known.reads.has(claimed) || known.changes.has(claimed))) ||
      (this.#nobodys.size > 0 && this.#nobodys.has(claimed))
    );
  }

  /** How many more nonces the account may have now. */
  #roomOf(account: string, kind: Kind): number {
    const { total, floor } = this.#limits;
    const own = this.#accounts.get(account)?.known[kind].size ?? 0;
    const left = Math.max(0, total[kind] - this.#size[kind]);
    return Math.max(floor[kind], left * PER_ROOM_LEFT) - own;
  }

  #add(account: string, kind: Kind, claimed: Hash64, keptUntil: number): void {
    this.#of(account).known[kind].add(claimed, keptUntil);
    this.#size[kind] += 1;
  }

  /** While the store cannot be written, no more of an account wait than are known of it. */
  #await(owner: AccountNonces, kind: Kind, high: number, low: number, keptUntil: number): void {
    const numbers = owner.pending[kind];
    if (numbers.length >= 2 * owner.known[kind].size) return;
    numbers.push(high, low);
    this.#pending.add(owner);
    if (keptUntil > this.#pendingUntil) this.#pendingUntil = keptUntil;
  }

  #of(account: string): AccountNonces {
    const known = this.#accounts.get(account);
    if (known) return known;
    const made = new AccountNonces(account);
    this.#accounts.set(account, made);
    return made;
  }
}

/** What is remembered of one account. Reads and changes have room of their own: a flood of reads stops no change. */
class AccountNonces {
  readonly account: string;
  readonly known = { reads: new NonceSet(), changes: new NonceSet() };
  readonly pending: Record<Kind, number[]> = { reads: [], changes: [] };

  constructor(account: string) {
    this.account = account;
  }
}

/** Nobody can aim at somebody else's nonce: it would have to be known, and the hash is keyed by the access key. */
function hashOf(accessKeyId: string, nonce: string): Hash64 {
  const text = hash("sha256", `${accessKeyId}\n${nonce}`, "binary");
  const high = word(text, 0);
  const low = word(text, 4);
  return high === 0 && low === 0 ? { high, low: 1 } : { high, low };
}

function word(text: string, at: number): number {
  return (
    (text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24)) >>>
    0
  );
}

/** Whose nonces of which kind, and the halves of their hashes as base64. */
type Part = readonly [kind: Kind, account: string, hashes: string];

function packed(numbers: readonly number[]): string {
  return Buffer.from(Uint32Array.from(numbers).buffer).toString("base64");
}

/** Reads what `takePending` gave out, and what older versions stored: `r` or `c` for the kind, then the hashes. */
function partsOf(stored: string): readonly Part[] {
  if (stored.startsWith("[")) return JSON.parse(stored) as readonly Part[];
  return [[stored.startsWith("c") ? "changes" : "reads", "", stored.slice(1)]];
}

function eachStored(
  batches: readonly NonceBatch[],
  use: (kind: Kind, account: string, found: Hash64, keptUntil: number) => void,
): void {
  for (const { keptUntil, hashes } of batches) {
    for (const [kind, account, text] of partsOf(hashes)) {
      const bytes = Uint8Array.from(Buffer.from(text, "base64"));
      const numbers = new Uint32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
      for (let i = 0; i + 1 < numbers.length; i += 2) {
        use(kind, account, { high: numbers[i] ?? 0, low: numbers[i + 1] ?? 0 }, keptUntil);
      }
    }
  }
}
