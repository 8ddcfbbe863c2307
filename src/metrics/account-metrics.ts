import { Pace } from "../pace.ts";
import type { Family, Reading, ScrapedFamily } from "./registry.ts";

/** What an account has of one kind. */
export interface AccountUse {
  readonly kind: string;
  readonly used: number;
  /** Infinity: as much as there is. */
  readonly limit: number;
  /** Since the start; undefined: nothing is ever refused. */
  readonly refused?: number;
}

export interface AccountSource {
  readonly accounts: () => readonly string[];
  /** Each call takes a look at what there is; the reader tells of that moment. */
  readonly reader: () => (account: string) => readonly AccountUse[];
}

/** So many accounts have series of their own; the others are counted together. */
const MOST_NAMED = 50;
const OTHER = "other";
const ALL = "all";

/** What the accounts have of everything that they have a share of. */
export class AccountMetrics {
  readonly #source: AccountSource;
  /** An account that has series keeps them until the server stops, so that no counter falls. */
  readonly #named = new Set<string>();

  constructor(source: AccountSource) {
    this.#source = source;
  }

  /** @param byAccount false: no account is named, and all are counted together. */
  families(byAccount: boolean): readonly Family[] {
    let seen = new Seen();
    const family = (
      type: ScrapedFamily["type"],
      name: string,
      help: string,
      read: () => readonly Reading[],
    ): ScrapedFamily => ({ type, name, help, labelNames: ["account", "kind"], read });
    return [
      {
        ...family(
          "gauge",
          "taskscribe_account_share_used",
          "What an account has of each kind.",
          () => [],
        ),
        read: async () => {
          // The families are read one after another: the others tell of the same moment.
          seen = await this.#look(byAccount);
          return seen.used;
        },
      },
      family(
        "gauge",
        "taskscribe_account_share_limit",
        "How much it may have, where it is limited.",
        () => seen.limit,
      ),
      family(
        "counter",
        "taskscribe_account_share_refused_total",
        "Times that it was refused something because of that limit.",
        () => seen.refused,
      ),
    ];
  }

  async #look(byAccount: boolean): Promise<Seen> {
    const usesOf = this.#source.reader();
    const seen = new Seen();
    const pace = new Pace("");
    for (const account of this.#source.accounts()) {
      await pace.rest();
      const uses = usesOf(account);
      if (byAccount) seen.add(this.#nameFor(account, uses), uses);
      else seen.add(ALL, uses);
    }
    return seen;
  }

  /** Its own as long as there is room; the last places are for accounts that were refused something. */
  #nameFor(account: string, uses: readonly AccountUse[]): string {
    if (this.#named.has(account)) return account;
    const isRefused = uses.some(({ refused = 0 }) => refused > 0);
    if (this.#named.size >= (isRefused ? MOST_NAMED : MOST_NAMED / 2)) return OTHER;
    this.#named.add(account);
    return account;
  }
}

/** What was seen at one look, by account and kind. */
class Seen {
  readonly #used = new Map<string, Sum>();
  readonly #refused = new Map<string, Sum>();
  readonly limit: Reading[] = [];

  add(account: string, uses: readonly AccountUse[]): void {
    for (const { kind, used, limit, refused } of uses) {
      addTo(this.#used, account, kind, used);
      if (refused !== undefined) addTo(this.#refused, account, kind, refused);
      const isOne = account !== OTHER && account !== ALL;
      if (isOne && limit !== Infinity) this.limit.push({ labels: [account, kind], value: limit });
    }
  }

  get used(): readonly Reading[] {
    return [...this.#used.values()];
  }

  get refused(): readonly Reading[] {
    return [...this.#refused.values()];
  }
}

interface Sum extends Reading {
  value: number;
}

function addTo(sums: Map<string, Sum>, account: string, kind: string, value: number): void {
  // No name of an account has a blank.
  const key = `${account} ${kind}`;
  const known = sums.get(key);
  if (known === undefined) sums.set(key, { labels: [account, kind], value });
  else known.value += value;
}
