/** How many deliveries are under way, in all and for each webhook; the others wait in line. */
export class Places {
  readonly #most: number;
  readonly #mostEach: number;
  readonly #busy = new Map<string, number>();
  readonly #waiting: { readonly id: string; readonly enter: () => void }[] = [];
  #taken = 0;

  constructor(most: number, mostEach: number) {
    this.#most = most;
    this.#mostEach = mostEach;
  }

  /** Resolves with how to leave again. */
  async enter(id: string): Promise<() => void> {
    if (!this.#hasRoom(id)) {
      await new Promise<void>((resolve) => this.#waiting.push({ id, enter: resolve }));
    } else this.#take(id);
    return () => this.#leave(id);
  }

  #hasRoom(id: string): boolean {
    return this.#taken < this.#most && (this.#busy.get(id) ?? 0) < this.#mostEach;
  }

  #take(id: string): void {
    this.#taken += 1;
    this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1);
  }

  #leave(id: string): void {
    this.#taken -= 1;
    const left = (this.#busy.get(id) ?? 1) - 1;
    if (left === 0) this.#busy.delete(id);
    else this.#busy.set(id, left);
    const next = this.#waiting.findIndex((one) => this.#hasRoom(one.id));
    if (next < 0) return;
    const [first] = this.#waiting.splice(next, 1);
    if (first === undefined) return;
    this.#take(first.id);
    first.enter();
  }
}
