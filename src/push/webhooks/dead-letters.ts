import type { Clock } from "../../clock.ts";
import type { DeadLetter, WebhookStore } from "../../store/webhook-store.ts";
import type { FeedEntry } from "../feed-entry.ts";
import type { DeliveryResult } from "./sender.ts";

export interface DeadLettersOptions {
  readonly store: WebhookStore;
  readonly clock: Clock;
  /** False once the webhook is deleted or the server stops: what failed because of that is no attempt. */
  readonly isActive: (webhookId: string) => boolean;
}

interface WaitingLetter {
  readonly letter: DeadLetter;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Keeps one letter for each entry that could not be delivered, with all attempts counted, however often it is sent again. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  /** Letters that are written together at the end of this turn. */
  readonly #waiting: WaitingLetter[] = [];
  readonly #resending = new Map<string, Promise<boolean>>();
  /** Entries that were given up since the start. */
  count = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /**
   * Keeps an entry that failed `attempts` times. The attempts of a letter that is there already are added. Letters of one turn of the
   * event loop are written together.
   */
  async put(webhookId: string, entry: FeedEntry, attempts: number, error: string): Promise<void> {
    const { position, taskId } = entry;
    const known = await this.#find(webhookId, position);
    const all = attempts + (known?.attempts ?? 0);
    const at = this.#options.clock.now();
    await this.#write({ webhookId, position, taskId, attempts: all, error, at });
    if (known === undefined) this.count += 1;
  }

  #write(letter: DeadLetter): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ letter, resolve, reject });
    if (this.#waiting.length === 1) setImmediate(() => void this.#writeAll());
    return promise;
  }

  async #writeAll(): Promise<void> {
    const { store, isActive } = this.#options;
    const all = this.#waiting.splice(0);
    const [active, others] = [true, false].map((is) =>
      all.filter(({ letter }) => isActive(letter.webhookId) === is),
    );
    for (const { reject } of others ?? []) reject(new Error("its webhook ends"));
    try {
      await store.putDeadLetters((active ?? []).map(({ letter }) => letter));
      for (const { resolve } of active ?? []) resolve();
    } catch (error) {
      for (const { reject } of active ?? []) reject(error);
    }
  }

  /**
   * Sends one letter again, and says whether it is delivered. A second call during the attempt gets the result of the same attempt.
   * @param attempt undefined when the entry is no longer in the log.
   */
  resend(letter: DeadLetter, attempt: () => Promise<DeliveryResult | undefined>): Promise<boolean> {
    const key = `${letter.webhookId} ${letter.position}`;
    const running = this.#resending.get(key);
    if (running !== undefined) return running;
    const started = this.#resend(letter, attempt).finally(() => this.#resending.delete(key));
    this.#resending.set(key, started);
    return started;
  }

  async #resend(
    { webhookId, position }: DeadLetter,
    attempt: () => Promise<DeliveryResult | undefined>,
  ): Promise<boolean> {
    const { store, clock, isActive } = this.#options;
    const letter = await this.#find(webhookId, position);
    if (letter === undefined) return true; // another call delivered it after the caller had read the list
    const result = await attempt();
    if (result === undefined) return false;
    if (result.delivered) await store.removeDeadLetter(webhookId, position);
    else if (isActive(webhookId)) {
      const { error } = result;
      const attempts = letter.attempts + 1;
      const written = this.#write({ ...letter, attempts, error, at: clock.now() });
      await written.catch((failed: unknown) => {
        if (isActive(webhookId)) throw failed;
      });
    }
    return result.delivered;
  }

  async #find(webhookId: string, position: number): Promise<DeadLetter | undefined> {
    const [letter] = await this.#options.store.deadLetters(webhookId, position - 1, 1);
    return letter?.position === position ? letter : undefined;
  }
}
