/** Limits how many deliveries are under way, in all and for each webhook; the others wait in a line. */
export class DeliverySlots {
  readonly #most: number;
  readonly #mostEach: number;
  readonly #busy = new Map<string, number>();
  readonly #waiting: { readonly id: string; readonly proceed: () => void }[] = [];
  #taken = 0;

  /** @param most of all webhooks together; `mostEach` of one webhook. */
  constructor(most: number, mostEach: number) {
    this.#most = most;
    this.#mostEach = mostEach;
  }

  /** Resolves as soon as a slot is free, with the function that gives it back. */
  async acquire(webhookId: string): Promise<() => void> {
    if (!this.#hasRoom(webhookId)) {
      await new Promise<void>((resolve) => this.#waiting.push({ id: webhookId, proceed: resolve }));
    } else this.#take(webhookId);
    return () => this.#release(webhookId);
  }

  #hasRoom(id: string): boolean {
    return this.#taken < this.#most && (this.#busy.get(id) ?? 0) < this.#mostEach;
  }

  #take(id: string): void {
    this.#taken += 1;
    this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1);
  }

  #release(id: string): void {
    this.#taken -= 1;
    const left = (this.#busy.get(id) ?? 1) - 1;
    if (left === 0) this.#busy.delete(id);
    else this.#busy.set(id, left);
    const index = this.#waiting.findIndex((one) => this.#hasRoom(one.id));
    const [next] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (next === undefined) return;
    this.#take(next.id);
    next.proceed();
  }
}
