/** What one webhook may keep of entries in memory. */
export interface HeldRoom {
  hasFor(bytes: number): boolean;
  /** Counts what is kept, or with a negative number what is let go. */
  add(bytes: number): void;
}

/** Counts what all webhooks keep in memory of entries that wait for their delivery. */
export class HeldBytes {
  readonly #most: number;
  readonly #mostOfOne: number;
  bytes = 0;

  /** @param most in bytes of memory, of all webhooks together; `mostOfOne`: of one webhook. */
  constructor(most: number, mostOfOne: number) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  /** The room of one webhook. */
  room(): HeldRoom {
    let own = 0;
    return {
      hasFor: (bytes) => own + bytes <= this.#mostOfOne && this.bytes + bytes <= this.#most,
      add: (bytes) => {
        own += bytes;
        this.bytes += bytes;
      },
    };
  }
}
