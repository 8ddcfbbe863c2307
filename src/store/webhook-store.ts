/** A server that is told of an account's events. */
export interface Webhook {
  readonly id: string;
  readonly account: string;
  readonly url: string;
  /** What deliveries are signed with: base64, 32 bytes. */
  readonly secret: string;
  /** Only events of tasks that fit this filter; "" for all. */
  readonly filter: string;
  readonly description: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Everything up to this position of the log is delivered, is a dead letter, or is not wanted. */
  readonly cursor: number;
}

/** An entry of the log that was tried the full number of times and could not be delivered. */
export interface DeadLetter {
  readonly webhookId: string;
  readonly position: number;
  readonly taskId: string;
  /** All of them: the queue's, and one for each time that it was sent again. */
  readonly attempts: number;
  /** What the last attempt failed with. */
  readonly error: string;
  readonly at: number;
}

/** The newest that are kept of each webhook. */
export const MAX_DEAD_LETTERS = 10_000;

/**
 * Where webhooks are kept, beside the tasks. Promises: what `put`, `remove` and `putDeadLetter` did survives a power cut; a cursor may
 * fall back to an earlier one, so that entries are delivered again, never left out.
 */
export interface WebhookStore {
  /** Of all accounts. */
  all(): Promise<readonly Webhook[]>;
  put(webhook: Webhook): Promise<void>;
  /** Its dead letters go too. */
  remove(id: string): Promise<void>;
  saveCursors(cursors: ReadonlyMap<string, number>): Promise<void>;
  /** Replaces a letter of the same webhook and position. */
  putDeadLetter(letter: DeadLetter): Promise<void>;
  /** Oldest first, by position. */
  deadLetters(webhookId: string, after: number, limit: number): Promise<readonly DeadLetter[]>;
  /** For a letter that was delivered after all. */
  removeDeadLetter(webhookId: string, position: number): Promise<void>;
  close(): Promise<void>;
}
