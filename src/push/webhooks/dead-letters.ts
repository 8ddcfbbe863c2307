import type { Clock } from "../../clock.ts";
import { type DeadLetter, MAX_DEAD_LETTERS, type WebhookStore } from "../../store/webhook-store.ts";
import type { FeedEntry } from "../feed-entry.ts";
import type { DeliveryResult } from "./sender.ts";

export interface DeadLettersOptions {
  readonly store: WebhookStore;
  readonly clock: Clock;
  /** False once the webhook is deleted or the server stops: what failed because of that is no attempt. */
  readonly isActive: (webhookId: string) => boolean;
}

/** Keeps one letter for each entry that could not be delivered, with all attempts counted, however often it is sent again. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #resending = new Map<string, Promise<boolean>>();
  /** Entries that were given up since the start. */
  count = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** The positions above `after` that are given up. */
  async positions(webhookId: string, after: number): Promise<ReadonlySet<number>> {
    const letters = await this.#options.store.deadLetters(webhookId, after, MAX_DEAD_LETTERS);
    return new Set(letters.map(({ position }) => position));
  }

  /** Keeps an entry that failed `attempts` times. The attempts of a letter that is there already are added. */
  async put(webhookId: string, entry: FeedEntry, attempts: number, error: string): Promise<void> {
    const { position, taskId } = entry;
    const { store, clock } = this.#options;
    const known = await this.#find(webhookId, position);
    const all = attempts + (known?.attempts ?? 0);
    const letter = { webhookId, position, taskId, attempts: all, error, at: clock.now() };
    await store.putDeadLetter(letter);
    if (known === undefined) this.count += 1;
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
      await store.putDeadLetter({ ...letter, attempts, error, at: clock.now() });
    }
    return result.delivered;
  }

  async #find(webhookId: string, position: number): Promise<DeadLetter | undefined> {
    const [letter] = await this.#options.store.deadLetters(webhookId, position - 1, 1);
    return letter?.position === position ? letter : undefined;
  }
}
