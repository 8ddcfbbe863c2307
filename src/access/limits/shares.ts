import { HELD_KINDS, type HeldKind, SHARE_TABLE, type ShareKind } from "../../share-table.ts";
import type { Denial } from "../call.ts";
import type { LimitUse } from "./limit-use.ts";

/** How much an account may have of each kind, where it differs from the table. */
type ShareLimits = Readonly<Partial<Record<HeldKind, number>>>;

export interface ShareSettings extends ShareLimits {
  /** By account; goes before what is set for all. */
  readonly accounts?: Readonly<Record<string, ShareLimits>>;
}

type Amounts = Record<HeldKind, number>;

const RETRY_AFTER_MS = 1_000;

/** What one account, or one address whose caller is not known yet, has at the moment. */
class Share {
  readonly used: Amounts = zeros();
  /** Since the start. */
  readonly refused: Amounts = zeros();
  readonly most: Readonly<Amounts>;

  constructor(most: Readonly<Amounts>) {
    this.most = most;
  }
}

/**
 * Counts what each account has of everything that is held for a while, and refuses what is beyond its share. What belongs
 * to nobody who is known yet is counted by address, apart from all accounts: a claim without a proof uses up nobody's share.
 */
export class Shares {
  readonly #settings: ShareSettings;
  readonly #isLimited: boolean;
  readonly #accounts = new Map<string, Share>();
  readonly #addresses = new Map<string, Share>();
  /** Of all accounts, and of all addresses, together. */
  readonly #inAll = { accounts: zeros(), addresses: zeros() };
  /** Times that something of an unknown caller was refused. */
  unprovenRefused = 0;

  /** @param isLimited false: everything is counted and nothing refused, except what the settings name. */
  constructor(settings: ShareSettings = {}, isLimited = true) {
    this.#settings = settings;
    this.#isLimited = isLimited;
  }

  /** Takes so much for the account; a denial: its share is used up, and nothing was taken. */
  take(account: string, kind: HeldKind, amount = 1): Denial | undefined {
    const share = this.#of(account);
    const used = share.used[kind] + amount;
    const { inAll, floor }: ShareKind = SHARE_TABLE[kind];
    if (
      used > share.most[kind] ||
      (inAll !== undefined && !this.#fits(inAll, this.#inAll.accounts[kind] + amount, used, floor))
    ) {
      share.refused[kind] += 1;
      return refusal("Throttling.User", "user flow control", kind);
    }
    share.used[kind] = used;
    this.#inAll.accounts[kind] += amount;
    return undefined;
  }

  give(account: string, kind: HeldKind, amount = 1): void {
    this.#of(account).used[kind] -= amount;
    this.#inAll.accounts[kind] -= amount;
  }

  /** The same for an address whose caller is not known yet. */
  takeUnproven(address: string, kind: HeldKind, amount = 1): Denial | undefined {
    const share = this.#addresses.get(address) ?? new Share(this.#unproven());
    const used = share.used[kind] + amount;
    const { unprovenInAll: inAll, unprovenFloor: floor }: ShareKind = SHARE_TABLE[kind];
    if (
      used > share.most[kind] ||
      (inAll !== undefined && !this.#fits(inAll, this.#inAll.addresses[kind] + amount, used, floor))
    ) {
      this.unprovenRefused += 1;
      return refusal("Throttling", "request throttling", kind);
    }
    share.used[kind] = used;
    this.#inAll.addresses[kind] += amount;
    this.#addresses.set(address, share);
    return undefined;
  }

  giveUnproven(address: string, kind: HeldKind, amount = 1): void {
    const share = this.#addresses.get(address);
    if (share === undefined) return;
    share.used[kind] -= amount;
    this.#inAll.addresses[kind] -= amount;
    if (HELD_KINDS.every((one) => share.used[one] <= 0)) this.#addresses.delete(address);
  }

  /** The most that the account may have. */
  limitOf(account: string, kind: HeldKind): number {
    return this.#of(account).most[kind];
  }

  usageOf(account: string): readonly LimitUse[] {
    const { used, most, refused } = this.#of(account);
    return HELD_KINDS.map((kind) => ({
      kind,
      used: used[kind],
      limit: most[kind],
      refused: refused[kind],
    }));
  }

  /** What unknown callers have together. */
  get unproven(): Readonly<Amounts> {
    return this.#inAll.addresses;
  }

  /** Whether all together stay below their limit, or the one who asks has no more than everybody may have. */
  #fits(inAll: number, all: number, own: number, floor = 0): boolean {
    return all <= inAll || own <= floor || !this.#isLimited;
  }

  #of(account: string): Share {
    const known = this.#accounts.get(account);
    if (known) return known;
    const made = new Share(this.#limitsOf(account));
    this.#accounts.set(account, made);
    return made;
  }

  #limitsOf(account: string): Amounts {
    const { accounts = {}, ...all } = this.#settings;
    const own = Object.hasOwn(accounts, account) ? accounts[account] : undefined;
    return amounts(
      (kind) => own?.[kind] ?? all[kind] ?? (this.#isLimited ? SHARE_TABLE[kind].most : Infinity),
    );
  }

  #unproven(): Amounts {
    return amounts((kind) => {
      const { unproven }: ShareKind = SHARE_TABLE[kind];
      return this.#isLimited ? (unproven ?? Infinity) : Infinity;
    });
  }
}

function zeros(): Amounts {
  return amounts(() => 0);
}

/** Written out, so that all have the same shape: the fields are read for every request. */
function amounts(of: (kind: HeldKind) => number): Amounts {
  return {
    requests: of("requests"),
    connections: of("connections"),
    streams: of("streams"),
    waits: of("waits"),
    holds: of("holds"),
    pollers: of("pollers"),
    bodyBytes: of("bodyBytes"),
  };
}

function refusal(code: string, whose: string, kind: HeldKind): Denial {
  return {
    status: 400,
    code,
    message: `Request was denied due to ${whose}.`,
    reason: `share-of-${kind}`,
    retryAfterMs: RETRY_AFTER_MS,
  };
}
