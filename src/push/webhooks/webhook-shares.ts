import { DomainError } from "../../core/errors.ts";
import { LIMIT_TABLE, type PushedKind } from "../../share-table.ts";

export type WebhookLimits = (account: string, kind: PushedKind) => number;

const { inAll: UNDELIVERED_IN_ALL, floor: UNDELIVERED_FLOOR } = LIMIT_TABLE.undelivered;

export const DEFAULT_WEBHOOK_LIMITS: WebhookLimits = (_, kind) => LIMIT_TABLE[kind].most;

export interface WebhookUse {
  readonly webhooks: number;
  /** Webhooks that it was refused since the start. */
  readonly refused: number;
  /** Tasks with entries that were read from the log and are not delivered yet, of each webhook. */
  readonly undelivered: number;
}

/** How much more of the log may be read for one webhook. */
export interface LaneRoom {
  /** Counts tasks with entries to be delivered, or with a negative number those that have none any more. */
  add(lanes: number): void;
  /** Whether all webhooks of the account, or of all accounts, together have as many as they may. */
  readonly isFull: boolean;
}

/** Counts the webhooks of each account and their entries, and refuses one webhook too many. */
export class WebhookShares {
  readonly #limits: WebhookLimits;
  readonly #webhooks = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #undelivered = new Map<string, number>();
  #undeliveredInAll = 0;

  constructor(limits: WebhookLimits) {
    this.#limits = limits;
  }

  /** Counts a webhook, from the moment on at which it is asked for. @throws DomainError `ResourceBusy` */
  take(account: string): void {
    const limit = this.#limits(account, "webhooks");
    if ((this.#webhooks.get(account) ?? 0) >= limit) {
      add(this.#refused, account, 1);
      throw tooMany(limit);
    }
    this.add(account);
  }

  /** Counts one that there is in any case. */
  add(account: string): void {
    add(this.#webhooks, account, 1);
  }

  give(account: string): void {
    add(this.#webhooks, account, -1);
  }

  roomOf(account: string): LaneRoom {
    const limit = this.#limits(account, "undelivered");
    const isFull = () => this.#isFull(account, limit);
    return {
      add: (lanes) => {
        add(this.#undelivered, account, lanes);
        this.#undeliveredInAll += lanes;
      },
      get isFull() {
        return isFull();
      },
    };
  }

  #isFull(account: string, limit: number): boolean {
    const own = this.#undelivered.get(account) ?? 0;
    return (
      own >= limit || (this.#undeliveredInAll >= UNDELIVERED_IN_ALL && own >= UNDELIVERED_FLOOR)
    );
  }

  useOf(account: string): WebhookUse {
    return {
      webhooks: this.#webhooks.get(account) ?? 0,
      refused: this.#refused.get(account) ?? 0,
      undelivered: this.#undelivered.get(account) ?? 0,
    };
  }
}

function add(counts: Map<string, number>, account: string, change: number): void {
  const now = (counts.get(account) ?? 0) + change;
  if (now === 0) counts.delete(account);
  else counts.set(account, now);
}

function tooMany(limit: number): DomainError {
  const message = `there are ${limit} webhooks already; delete one first`;
  return new DomainError("ResourceBusy", message, { kind: "webhooks", id: "", limit });
}
