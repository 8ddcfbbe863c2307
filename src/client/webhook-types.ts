// Made from the schemas in src/dialects/native by `npm run client-types`; change those, not this.

export interface CreateWebhook {
  /** Http or https. */
  readonly url: string;
  /** Only events of tasks that fit, as they are after the event. */
  readonly filter?: string;
  readonly description?: string;
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly filter: string;
  readonly description: string;
  readonly createdAt: string;
  /** Everything up to here is done with. */
  readonly position: number;
  readonly pausedUntil?: string;
  /** Shown once, when it is made. */
  readonly secret?: string;
}

export interface Outcome {
  readonly delivered: boolean;
  /** What the target answered. */
  readonly status?: number;
  readonly error?: string;
}

export interface DeadLetter {
  readonly position: number;
  readonly taskId: string;
  readonly attempts: number;
  readonly error: string;
  readonly at: string;
}

export interface DeadLetterList {
  readonly deadLetters: readonly DeadLetter[];
  /** Give it as `after` to read on. */
  readonly next?: string;
}

export interface Resent {
  readonly sent: number;
  readonly failed: number;
  /** How many were not tried within half a minute. */
  readonly left?: number;
  /** There are more: give it as `after` to send them, too. */
  readonly next?: string;
}
