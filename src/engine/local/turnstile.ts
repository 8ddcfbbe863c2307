/** How much of the work that comes at once is begun in one turn of the event loop: a few milliseconds of it. */
const AT_ONCE = 32;

/**
 * Divides work that comes all at once, such as ten thousand subtasks that a step asks for or that end together, into
 * turns of the event loop, so that requests are served in between. Accounts take turns, and the tasks of an account.
 */
export class Turnstile {
  readonly #line = new FairLine();
  #left = AT_ONCE;

  /** Undefined: the work may begin at once. Else it has to wait for its turn. */
  pass(account: string, taskId: string): Promise<void> | undefined {
    // Counted, not timed, so that the same work is always divided in the same way.
    if (this.#left === AT_ONCE) setImmediate(() => this.#turn());
    if (this.#left > 0) {
      this.#left--;
      return undefined;
    }
    return new Promise((resolve) => this.#line.push([account, taskId], resolve));
  }

  #turn(): void {
    this.#left = AT_ONCE;
    if (this.#line.isEmpty) return;
    setImmediate(() => this.#turn());
    for (; this.#left > 0 && !this.#line.isEmpty; this.#left--) this.#line.take()?.();
  }
}

type Begin = () => void;

/** A line in which each name of the first part of a path comes in its turn, and within it each of the next part. */
class FairLine {
  readonly #own: Begin[] = [];
  #taken = 0;
  readonly #parts = new Map<string, FairLine>();

  get isEmpty(): boolean {
    return this.#taken === this.#own.length && this.#parts.size === 0;
  }

  push([name, ...path]: readonly string[], begin: Begin): void {
    if (name === undefined) {
      this.#own.push(begin);
      return;
    }
    let part = this.#parts.get(name);
    if (part === undefined) {
      part = new FairLine();
      this.#parts.set(name, part);
    }
    part.push(path, begin);
  }

  take(): Begin | undefined {
    for (const [name, part] of this.#parts) {
      const begin = part.take();
      this.#parts.delete(name);
      if (!part.isEmpty) this.#parts.set(name, part);
      return begin;
    }
    // The others do not move up each time: a line can be very long.
    return this.#taken < this.#own.length ? this.#own[this.#taken++] : undefined;
  }
}
