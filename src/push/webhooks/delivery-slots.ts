/** How many deliveries may be under way at the same time. */
export interface SlotLimits {
  /** Of all accounts together. */
  readonly all: number;
  readonly account: (account: string) => number;
  readonly webhook: number;
}

type Proceed = () => void;

/** Deliveries that wait, by account and then by webhook; of each, whose turn is next comes first. */
type Waiting = Map<string, Map<string, Proceed[]>>;

/**
 * Limits how many deliveries are under way. The others wait: accounts take turns, and within an account its webhooks do. So
 * an account whose targets do not answer holds up only its own deliveries.
 */
export class DeliverySlots {
  readonly #limits: SlotLimits;
  /** Deliveries under way, by account and by webhook; the ids of the two never look alike. */
  readonly #busy = new Map<string, number>();
  readonly #waiting: Waiting = new Map();
  #taken = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Resolves as soon as a slot is free, with the function that gives it back. */
  async acquire(account: string, webhookId: string): Promise<() => void> {
    if (this.#hasRoom(account, webhookId) && !this.#isAwaited(account, webhookId)) {
      this.#take(account, webhookId);
    } else await new Promise<void>((resolve) => this.#wait(account, webhookId, resolve));
    return () => this.#release(account, webhookId);
  }

  /** Lets all that wait for the webhook proceed at once, because they will deliver nothing. */
  drop(account: string, webhookId: string): void {
    const webhooks = this.#waiting.get(account);
    const line = webhooks?.get(webhookId) ?? [];
    webhooks?.delete(webhookId);
    if (webhooks?.size === 0) this.#waiting.delete(account);
    for (const proceed of line) {
      this.#take(account, webhookId);
      proceed();
    }
  }

  /** How many deliveries of the account are under way. */
  underWay(account: string): number {
    return this.#busyOf(accountKey(account));
  }

  #hasRoom(account: string, webhookId: string): boolean {
    const { all, account: most, webhook } = this.#limits;
    return (
      this.#taken < all &&
      this.#busyOf(accountKey(account)) < most(account) &&
      this.#busyOf(webhookId) < webhook
    );
  }

  /** Whether an earlier delivery of the webhook waits already. */
  #isAwaited(account: string, webhookId: string): boolean {
    return this.#waiting.get(account)?.has(webhookId) === true;
  }

  #wait(account: string, webhookId: string, proceed: Proceed): void {
    const webhooks = this.#waiting.get(account) ?? new Map<string, Proceed[]>();
    const line = webhooks.get(webhookId) ?? [];
    line.push(proceed);
    webhooks.set(webhookId, line);
    this.#waiting.set(account, webhooks);
  }

  #take(account: string, webhookId: string): void {
    this.#taken += 1;
    this.#count(accountKey(account), 1);
    this.#count(webhookId, 1);
  }

  #release(account: string, webhookId: string): void {
    this.#taken -= 1;
    this.#count(accountKey(account), -1);
    this.#count(webhookId, -1);
    this.#next()?.();
  }

  /** The delivery whose turn it is; its account and its webhook go to the end of their lines. */
  #next(): Proceed | undefined {
    for (const [account, webhooks] of this.#waiting) {
      for (const [webhookId, line] of webhooks) {
        if (!this.#hasRoom(account, webhookId)) continue;
        const proceed = line.shift();
        webhooks.delete(webhookId);
        if (line.length > 0) webhooks.set(webhookId, line);
        this.#waiting.delete(account);
        if (webhooks.size > 0) this.#waiting.set(account, webhooks);
        this.#take(account, webhookId);
        return proceed;
      }
    }
    return undefined;
  }

  #busyOf(key: string): number {
    return this.#busy.get(key) ?? 0;
  }

  #count(key: string, change: number): void {
    const now = this.#busyOf(key) + change;
    if (now === 0) this.#busy.delete(key);
    else this.#busy.set(key, now);
  }
}

function accountKey(account: string): string {
  return `account ${account}`;
}
