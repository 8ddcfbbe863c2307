import type { JsonObject } from "../../src/core/json.ts";
import type { Task, TaskState } from "../../src/core/task.ts";
import type { Reason } from "../../src/engine/health.ts";
import type { RecordedEvents, TaskCount } from "../../src/store/store.ts";

/** One task as an answer showed it. A dialect shows its own word for the state, and neither version nor progress. */
export interface Seen {
  readonly id: string;
  readonly version?: number;
  readonly state?: TaskState;
  readonly progress?: number;
  readonly word?: string;
}

export const DIALECTS = ["native", "ack", "lingjun", "bdrc", "cloudcontrol"] as const;
export type DialectName = (typeof DIALECTS)[number];

/** What a client asked for. */
export interface Asked {
  readonly operation: string;
  readonly dialect: DialectName;
  readonly account: string;
  readonly taskId?: string;
  /** Makes a task, at most one however often it is sent. */
  readonly token?: string;
  /** Sent as Idempotency-Key: the same command with it is carried out once. */
  readonly key?: string;
  /** It may be sent again without a token. */
  readonly repeats?: true;
}

/** An entry of the log as a listener received it. */
export type Heard = Omit<RecordedEvents, "account">;

/** A message of a webhook as its receiver got it. */
export type Delivered = {
  readonly type: "delivered";
  readonly webhook: string;
  /** What a receiver knows repetitions by. */
  readonly id: string;
} & Heard;

export type Entry =
  | ({ readonly type: "call"; readonly call: number } & Asked)
  | {
      readonly type: "return";
      readonly call: number;
      readonly status: number;
      readonly seen: readonly Seen[];
      /** The part of a refusal that is kept. */
      readonly code?: string;
    }
  /** There was no answer: the service ended in the meantime, or was not running. */
  | { readonly type: "lost"; readonly call: number }
  | { readonly type: "began"; readonly life: number }
  | { readonly type: "ended"; readonly life: number; readonly how: string }
  /** A handler was called. */
  | {
      readonly type: "handed-out";
      readonly taskId: string;
      readonly step: string;
      readonly attempt: number;
    }
  /** A handler has ended, with this result. */
  | {
      readonly type: "handler-ended";
      readonly taskId: string;
      readonly step: string;
      readonly attempt: number;
      readonly well: boolean;
      /** What it has put out by then. */
      readonly outputs: JsonObject;
    }
  /** The engine has reported a commit. */
  | { readonly type: "told"; readonly position: number }
  /** A client of a stream begins, for a whole account or one task, from the log's beginning. */
  | {
      readonly type: "listening";
      readonly listener: number;
      readonly account: string;
      readonly of?: string;
    }
  | ({ readonly type: "streamed"; readonly listener: number } & Heard)
  | Delivered
  | { readonly type: "fault"; readonly what: string }
  /** The engine wrote events of an earlier moment than the present one. */
  | {
      readonly type: "written-late";
      readonly taskId: string;
      readonly at: number;
      readonly now: number;
    }
  | { readonly type: "at-rest"; readonly now: number };

/** What is there at the end, read from the store behind the service's back, and once more through every door. */
export interface Remains {
  readonly log: readonly RecordedEvents[];
  readonly rows: readonly Task[];
  /** Kept by the store, by account. */
  readonly counts: Readonly<Record<string, readonly TaskCount[]>>;
  /** Effects of steps, by idempotency key: how often each came to be. */
  readonly effects: Readonly<Record<string, number>>;
  /** Ids of those rows that are in the archive. */
  readonly archived: readonly string[];
  /** Each with the positions that were given up. */
  readonly webhooks: readonly {
    readonly id: string;
    readonly account: string;
    readonly letters: readonly number[];
  }[];
}

/** An open task when nothing more would happen by itself, and what the service says of it. */
export interface Standing {
  readonly id: string;
  readonly account: string;
  readonly state: TaskState;
  readonly imported: boolean;
  readonly now: number;
  readonly reasons: readonly Reason[];
}

/** How many tasks may run at once: over all, by type, and with the same key by type (others: one). */
export interface Limits {
  readonly running: number;
  readonly ofType: Readonly<Record<string, number>>;
  readonly perKey: Readonly<Record<string, number>>;
}

export interface History {
  readonly seed: number;
  readonly entries: readonly Entry[];
  /** Twice: when everything was left to itself, and after what was held had been let go. */
  readonly atRest: readonly Standing[];
  readonly stuck: readonly Standing[];
  readonly remains: Remains;
  readonly limits: Limits;
}
