import type { Maker } from "../task-rights.ts";

/** A server that the events of an account are sent to. */
export interface Webhook {
  readonly id: string;
  readonly account: string;
  readonly url: string;
  /** The secret that deliveries are signed with: 32 bytes in base64. */
  readonly secret: string;
  /** Only events of tasks that fit this filter; "" for all. */
  readonly filter: string;
  readonly description: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Every entry up to this position of the log is delivered, is a dead letter, or does not fit the filter. */
  readonly cursor: number;
  /**
   * Whose key made it: it tells only of tasks that this key may read at that moment, and of none once the key is gone. Absent:
   * it was made while nobody was checked, or before this was kept, and tells of every task of the account.
   */
  readonly madeBy?: Maker;
}

/** An entry of the log that was tried the full number of times and could not be delivered. */
export interface DeadLetter {
  readonly webhookId: string;
  readonly position: number;
  readonly taskId: string;
  /** The number of all attempts: the queue's, and one for each time that the letter was sent again. */
  readonly attempts: number;
  /** The error of the last attempt. */
  readonly error: string;
  readonly at: number;
}

/** How many dead letters of each webhook are kept: the newest. */
export const MAX_DEAD_LETTERS = 10_000;

/**
 * Stores webhooks. Promises: what `put`, `remove` and `putDeadLetter` wrote survives a power cut; a cursor can return
 * to an earlier one, so that entries are delivered again, but never left out.
 */
export interface WebhookStore {
  /** The webhooks of all accounts. */
  all(): Promise<readonly Webhook[]>;
  put(webhook: Webhook): Promise<void>;
  /** Removes the webhook and its dead letters. */
  remove(id: string): Promise<void>;
  saveCursors(cursors: ReadonlyMap<string, number>): Promise<void>;
  /** Replaces a letter of the same webhook and position. */
  putDeadLetter(letter: DeadLetter): Promise<void>;
  /** The dead letters of a webhook, oldest first, by position. */
  deadLetters(webhookId: string, after: number, limit: number): Promise<readonly DeadLetter[]>;
  /** Removes a letter that was delivered later. */
  removeDeadLetter(webhookId: string, position: number): Promise<void>;
  close(): Promise<void>;
}
