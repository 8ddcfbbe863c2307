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
  /**
   * Every entry up to this position of the log is delivered, is a dead letter, or does not fit the filter, but for those of its
   * lanes.
   */
  readonly cursor: number;
  /**
   * Whose key made it: it tells only of tasks that this key may read at that moment, and of none once the key is gone. Absent:
   * it was made while nobody was checked, or before this was kept, and tells of every task of the account.
   */
  readonly madeBy?: Maker;
}

/** A task that has entries up to its webhook's cursor which are not done with. */
export interface StoredLane {
  readonly taskId: string;
  /** Every entry of the task up to this position is done with. */
  readonly done: number;
  /** The last entry of the task up to the cursor that is for the webhook. */
  readonly last: number;
  /** How often the next entry was tried. */
  readonly attempts: number;
  /** When it is tried again, in ms since the epoch; 0: it was not tried. */
  readonly retryAt: number;
  /** The entry before it was given up, and nothing of the task was delivered since. */
  readonly isGivenUp: boolean;
}

/** How far a webhook has come since it was saved last. */
export interface WebhookProgress {
  readonly cursor: number;
  /** Lanes that are new, or not as they were. */
  readonly lanes: readonly StoredLane[];
  /** Tasks whose lanes are done with. */
  readonly ended: readonly string[];
}

/** An entry of the log that could not be delivered. */
export interface DeadLetter {
  readonly webhookId: string;
  readonly position: number;
  readonly taskId: string;
  /**
   * The number of all attempts: the queue's, and one for each time that the letter was sent again. 0: it was given up with an
   * entry of its task before it.
   */
  readonly attempts: number;
  /** The error of the last attempt. */
  readonly error: string;
  readonly at: number;
}

/** How many dead letters of each webhook are kept: the newest. */
export const MAX_DEAD_LETTERS = 10_000;

/**
 * Stores webhooks. Promises: what `put`, `remove` and `putDeadLetters` wrote survives a power cut; progress can return
 * to what it was earlier, all of it together, so that entries are delivered again, but never left out.
 */
export interface WebhookStore {
  /** The webhooks of all accounts. */
  all(): Promise<readonly Webhook[]>;
  put(webhook: Webhook): Promise<void>;
  /** Removes the webhook with its lanes and dead letters. */
  remove(id: string): Promise<void>;
  /** Saves the progress of webhooks, by id: all or nothing. */
  saveProgress(progress: ReadonlyMap<string, WebhookProgress>): Promise<void>;
  lanes(webhookId: string): Promise<readonly StoredLane[]>;
  /** Stores letters, all or none. Each replaces one of the same webhook and position. */
  putDeadLetters(letters: readonly DeadLetter[]): Promise<void>;
  /** The positions of all dead letters of a webhook behind this one. */
  deadPositions(webhookId: string, after: number): Promise<readonly number[]>;
  /** The dead letters of a webhook, oldest first, by position. */
  deadLetters(webhookId: string, after: number, limit: number): Promise<readonly DeadLetter[]>;
  /** Removes a letter that was delivered later. */
  removeDeadLetter(webhookId: string, position: number): Promise<void>;
  close(): Promise<void>;
}
