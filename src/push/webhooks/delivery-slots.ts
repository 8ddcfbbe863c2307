import type { Speed } from "./target-speeds.ts";

/** How many deliveries may be under way at the same time. */
export interface SlotLimits {
  /** Of all accounts together. */
  readonly all: number;
  readonly account: (account: string) => number;
  readonly webhook: number;
}

/** One delivery that may be under way. */
export interface DeliverySlot {
  readonly release: () => void;
  /** Says that it has had no answer for long: if there is room, it goes on beside the slots and gives its own away. */
  readonly late: () => void;
}

/** A delivery that waits, or is under way. */
interface Held {
  readonly account: string;
  readonly webhookId: string;
  readonly target: string;
  /** What it counts for. */
  keys: readonly string[];
  isLate: boolean;
}

interface Waiter extends Held {
  readonly proceed: () => void;
}

/** Deliveries that wait, by account and then by webhook; of each, whose turn is next comes first. */
type Waiting = Map<string, Map<string, Waiter[]>>;

/**
 * Limits how many deliveries are under way. The others wait: accounts take turns, and within an account its webhooks do.
 *
 * - The slots are for targets that answer quickly. Those that had no answer yet get half of them at most, and a quarter more for the
 *   first attempt of each.
 * - A delivery that has no answer after a while goes on beside the slots: as many again may be there twice.
 * - A target that was slow gets its deliveries there from the beginning, of which there may be as many as slots; one that did not
 *   answer at all gets one at a time.
 *
 * So targets that hang keep nobody waiting, neither other accounts nor other targets of their own.
 */
export class DeliverySlots {
  readonly #limits: SlotLimits;
  readonly #speedOf: (target: string) => Speed;
  /** Deliveries under way, by what they count for. */
  readonly #busy = new Map<string, number>();
  readonly #waiting: Waiting = new Map();
  /** Deliveries that hold a slot and would go on beside the slots if there were room. */
  readonly #late = new Set<Held>();

  /** @param speedOf how quickly a target answers. */
  constructor(limits: SlotLimits, speedOf: (target: string) => Speed = () => "quick") {
    this.#limits = limits;
    this.#speedOf = speedOf;
  }

  /**
   * Resolves once the delivery may be made.
   * @param isAsked somebody waits for its result: it goes before the others of its webhook.
   */
  async acquire(
    account: string,
    webhookId: string,
    target = webhookId,
    isAsked = false,
  ): Promise<DeliverySlot> {
    const held: Held = { account, webhookId, target, keys: [], isLate: false };
    if (this.#hasRoom(held) && !this.#isAwaited(account, webhookId)) this.#take(held);
    else await new Promise<void>((resolve) => this.#wait(held, resolve, isAsked));
    return { release: () => this.#release(held), late: () => this.#moveWhenLate(held) };
  }

  /** Lets all that wait for the webhook proceed at once, because they will deliver nothing. */
  drop(account: string, webhookId: string): void {
    const webhooks = this.#waiting.get(account);
    const line = webhooks?.get(webhookId) ?? [];
    webhooks?.delete(webhookId);
    if (webhooks?.size === 0) this.#waiting.delete(account);
    for (const { proceed } of line) proceed();
  }

  /** How many deliveries of the account are under way. */
  underWay(account: string): number {
    return this.#busyOf(`quick ${account}`) + this.#busyOf(`slow ${account}`);
  }

  /** Whether every bound that the delivery would count for leaves room for it. */
  #hasRoom({ account, webhookId, target }: Held): boolean {
    const { all, account: limitOf, webhook } = this.#limits;
    if (this.#busyOf(`webhook ${webhookId}`) >= webhook) return false;
    const speed = this.#speedOf(target);
    const most = limitOf(account);
    const isFirst = this.#busyOf(`target ${target}`) === 0;
    if (speed === "silent" && !isFirst) return false;
    if (speed === "slow" || speed === "silent") return this.#hasPlaces("slow", account, all, most);
    const part = isFirst ? 0.75 : 0.5;
    return (
      this.#hasPlaces("quick", account, all, most) &&
      (speed === "quick" || this.#hasPlaces("unknown", account, all * part, most * part))
    );
  }

  #hasPlaces(place: string, account: string, all: number, most: number): boolean {
    return this.#busyOf(place) < all && this.#busyOf(`${place} ${account}`) < most;
  }

  /** Whether an earlier delivery of the webhook waits already. */
  #isAwaited(account: string, webhookId: string): boolean {
    return this.#waiting.get(account)?.has(webhookId) === true;
  }

  #wait(held: Held, proceed: () => void, isAsked: boolean): void {
    const { account, webhookId } = held;
    const webhooks = this.#waiting.get(account) ?? new Map<string, Waiter[]>();
    const line = webhooks.get(webhookId) ?? [];
    const waiter = Object.assign(held, { proceed });
    if (isAsked) line.unshift(waiter);
    else line.push(waiter);
    webhooks.set(webhookId, line);
    this.#waiting.set(account, webhooks);
  }

  #take(held: Held): void {
    const speed = this.#speedOf(held.target);
    if (speed === "slow" || speed === "silent") this.#count(held, ["slow"]);
    else this.#count(held, speed === "unknown" ? ["quick", "unknown"] : ["quick"]);
  }

  /** Makes the delivery count for these places, and no longer for others. */
  #count(held: Held, places: readonly string[]): void {
    this.#discount(held);
    const { account, webhookId, target } = held;
    const inPlaces = places.flatMap((place) => [place, `${place} ${account}`]);
    held.keys = [`webhook ${webhookId}`, `target ${target}`, ...inPlaces];
    for (const key of held.keys) this.#busy.set(key, this.#busyOf(key) + 1);
  }

  #discount(held: Held): void {
    for (const key of held.keys) {
      const left = this.#busyOf(key) - 1;
      if (left === 0) this.#busy.delete(key);
      else this.#busy.set(key, left);
    }
    held.keys = [];
  }

  #release(held: Held): void {
    this.#late.delete(held);
    this.#discount(held);
    for (const late of this.#late) this.#moveIfRoom(late);
    this.#proceed();
  }

  #moveWhenLate(held: Held): void {
    if (held.isLate || held.keys.length === 0) return;
    held.isLate = true;
    if (held.keys.includes("slow")) return;
    this.#late.add(held);
    this.#moveIfRoom(held);
    this.#proceed();
  }

  #moveIfRoom(held: Held): void {
    const { all, account: limitOf } = this.#limits;
    if (!this.#hasPlaces("slow", held.account, 2 * all, 2 * limitOf(held.account))) return;
    this.#late.delete(held);
    this.#count(held, ["slow"]);
  }

  #proceed(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.proceed();
  }

  /** The delivery whose turn it is; its account and its webhook go to the end of their lines. */
  #next(): Waiter | undefined {
    const { all } = this.#limits;
    if (this.#busyOf("quick") >= all && this.#busyOf("slow") >= all) return undefined;
    for (const [account, webhooks] of this.#waiting) {
      if (this.#isFull(account)) continue;
      const line = [...webhooks.values()].find(([first]) => first && this.#hasRoom(first));
      const next = line?.shift();
      if (line === undefined || next === undefined) continue;
      webhooks.delete(next.webhookId);
      if (line.length > 0) webhooks.set(next.webhookId, line);
      this.#waiting.delete(account);
      if (webhooks.size > 0) this.#waiting.set(account, webhooks);
      this.#take(next);
      return next;
    }
    return undefined;
  }

  #isFull(account: string): boolean {
    const most = this.#limits.account(account);
    return this.#busyOf(`quick ${account}`) >= most && this.#busyOf(`slow ${account}`) >= most;
  }

  #busyOf(key: string): number {
    return this.#busy.get(key) ?? 0;
  }
}
