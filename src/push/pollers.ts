import { hash } from "node:crypto";

/**
 * What each poller of one account was told last. A poller is remembered as a hash, so that what clients send makes no
 * difference to the memory: about 150 bytes each. When there are too many, those not heard of for longest are forgotten.
 */
export class Pollers {
  readonly #most: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /** @param most how many are remembered. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The version that the poller was told last. */
  told(key: string): number | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  tell(key: string, version: number): void {
    this.#old.delete(key);
    this.#young.set(key, version);
    if (this.#young.size * 2 < this.#most) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  forget(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

/** Names a poller of a task, in 44 characters whatever the client calls itself. */
export function pollerKey(client: string, taskId: string): string {
  return hash("sha256", `${taskId}\n${client}`, "base64");
}
