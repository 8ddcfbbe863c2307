/** Waits for the ends of submitted tasks, by their ids. An end may come before the submitter knows the id. */
export class Waiting {
  readonly #waiting = new Map<string, () => void>();
  readonly #early = new Set<string>();

  until(id: string): Promise<void> {
    if (this.#early.delete(id)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  done(id: string): void {
    const resolve = this.#waiting.get(id);
    if (resolve === undefined) this.#early.add(id);
    this.#waiting.delete(id);
    resolve?.();
  }
}
