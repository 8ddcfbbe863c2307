import type { TaskEvent } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { Resource, ResourceQuery } from "../core/resource.ts";
import type { FinalState, Task, TaskState } from "../core/task.ts";

/** One change of one task: everything here is written in one transaction, or nothing is. */
export interface Append {
  readonly taskId: string;
  /** The task's version before `events`; 0 for a new task. */
  readonly expectedVersion: number;
  /** None: only the token is claimed, for an open task that has this version; the position is then 0. */
  readonly events: readonly TaskEvent[];
  /** The fold of the whole log, `events` included: becomes the task's row. */
  readonly task: Task;
  readonly token?: TokenClaim;
  /** A second token, of the request that makes the append. Neither may be taken. */
  readonly requestToken?: TokenClaim;
  /** Refuse if another open task of the account has this task's concurrency key. */
  readonly unlessKeyHeld?: boolean;
  readonly resources?: readonly ResourceChange[];
  /** Refuse unless this is still the newest epoch of its scope. */
  readonly fence?: Fence;
}

/** Proves with an append that its writer owns a scope of work. */
export interface Fence {
  readonly scope: string;
  readonly epoch: number;
}

/** Who owns a scope of work, such as running the tasks. */
export interface Ownership extends Fence {
  /** The node's name; undefined: the ownership was given up. */
  readonly owner: string | undefined;
}

/** Binds an idempotency token to the task for good. Unique by account, scope and token. */
export interface TokenClaim {
  readonly scope: string;
  readonly token: string;
  /** A digest of the request, which tells a repeat from a different request. */
  readonly fingerprint: string;
  /** The answer to the submission, besides the task: a repeat gets the same answer. */
  readonly reply?: JsonObject;
}

/** The submission that a token belongs to. */
export interface ClaimedToken {
  readonly taskId: string;
  readonly fingerprint: string;
  /** Absent if the submission had none, or was stored before replies were stored. */
  readonly reply?: JsonObject;
}

/** At most one change of a resource in an append. */
export interface ResourceChange {
  readonly kind: string;
  readonly id: string;
  readonly parent?: string;
  /** `null` removes the resource. */
  readonly data: JsonObject | null;
  /** The resource's version before; 0: it must not exist. */
  readonly expectedVersion: number;
}

/**
 * Only `appended` has written something; `bytes` is the length of the task's row as JSON, which is about the memory that the
 * task takes. The other outcomes say which expectation was wrong: read and decide again.
 */
export type AppendResult =
  | { readonly outcome: "appended"; readonly position: Position; readonly bytes: number }
  | { readonly outcome: "version-conflict" }
  | ({ readonly outcome: "token-taken" } & ClaimedToken)
  | { readonly outcome: "key-held"; readonly by: string }
  | { readonly outcome: "fenced"; readonly epoch: number }
  | { readonly outcome: "resource-conflict"; readonly kind: string; readonly id: string };

export interface TaskQuery {
  readonly account: string;
  readonly product?: string;
  readonly type?: string;
  /** Any of these; an empty list matches nothing. */
  readonly states?: readonly TaskState[];
  readonly targetId?: string;
  readonly parentId?: string;
  /** The forks of this task. */
  readonly forkOf?: string;
  /**
   * The `next` of an earlier page, unchanged; only the store knows its format, and refuses any other text with
   * `InvalidParameter`. The page begins with the newest task that is older than those of the earlier page.
   */
  readonly cursor?: string;
  /** Skips this many of the newest tasks, for clients that number their pages. Their rows are counted, not read. */
  readonly skip?: number;
  /** At most this many, 1 to 1 000. */
  readonly limit: number;
  /** The page ends with the task whose row brings all of them to so many bytes. Default: `listPageBytes` of the budgets. */
  readonly bytes?: number;
}

/** Told of each row that was read: the task, and the length of its row as JSON. */
export type RowRead = (task: Task, bytes: number) => void;

/** Finds an ended task that the caller has in memory, with the length of its row, so that it is not read again. */
export type AtHand = (
  taskId: string,
) => { readonly task: Task; readonly bytes: number } | undefined;

/** The conditions of a list, without its paging. */
export type TaskFilter = Omit<TaskQuery, "cursor" | "skip" | "limit" | "bytes">;

/** The number of tasks of one product, type and state; at least 1. */
export interface TaskCount {
  readonly product: string;
  readonly type: string;
  readonly state: TaskState;
  readonly count: number;
}

/** The number of tasks that an account has in the lists, without subtasks, and what all of them take up. */
export interface AccountUsage {
  readonly account: string;
  readonly open: number;
  /** Open and ended ones together. */
  readonly stored: number;
  /** The row and the log of each task, subtasks included, as JSON in UTF-8. */
  readonly bytes: number;
}

/** A task that left the lists for the archive. */
export interface ArchivedTask {
  readonly taskId: string;
  readonly account: string;
  readonly isSubtask: boolean;
}

export interface TaskPage {
  /** Newest first, by order of submission. There can be fewer than the limit though there is more. */
  readonly tasks: readonly Task[];
  /** How many rows of the page were left out because they cannot be read, if any. */
  readonly damaged?: number;
  /** Present if there is more. */
  readonly next?: string;
}

/**
 * The position of an append in the log; never used twice in one epoch of the log. Only the store knows how it is made: others store it, pass it
 * as `after`, and compare two with `<`, which is the order of the log. They do not calculate with it.
 */
export type Position = number;

/**
 * A stretch of the log between two restores. A restore gives positions out a second time, so that only epoch and position
 * together name an append for good.
 */
export interface LogEpoch {
  /** Eight lower-case letters and digits, by chance: two restores of one backup begin different epochs. */
  readonly id: string;
  /** The last position before it; 0 for the first epoch. */
  readonly beginsAfter: Position;
}

/** One append as it is recorded in the log. */
export interface RecordedEvents {
  readonly position: Position;
  readonly account: string;
  readonly taskId: string;
  /** The version the task had after the first of `events`. */
  readonly firstVersion: number;
  readonly events: readonly TaskEvent[];
}

export interface EventQuery {
  /** All accounts when absent (for the engine itself). */
  readonly account?: string;
  readonly taskId?: string;
  /** Only appends after this position; 0 for all. */
  readonly after: Position;
  readonly limit: number;
  /**
   * The page ends with the append that brings its events to so many bytes as JSON; so it has one, however large that is.
   * Then only an empty page says that there is no more. Absent: only `limit` ends a page.
   */
  readonly bytes?: number;
}

/**
 * Stores tasks. Promises of every adapter (test/contracts/store-contract.ts), for any number of processes that
 * use one store:
 * durable before reported: `append` resolves with `appended` only when a power cut cannot undo it ·
 * every read that begins after that, in any process, shows it · accounts are separate · log and row never differ.
 * A store that cannot be reached or written rejects with DomainError `StoreUnavailable`.
 */
export interface TaskStore {
  append(append: Append): Promise<AppendResult>;
  /** Shows every append that was acknowledged before the call, by any process. The same is true of all reads. */
  read(account: string, taskId: string, wasRead?: RowRead): Promise<Task | undefined>;
  list(query: TaskQuery, atHand?: AtHand, wasRead?: RowRead): Promise<TaskPage>;
  /** The number of tasks in a list of this query, counted up to `most`. Rows are counted, not read. */
  count(query: TaskFilter, most: number): Promise<number>;
  /**
   * Tasks that have not ended, of all accounts, oldest submission first; `after` is the last id of the page before. A page
   * ends also by its bytes: only an empty one is the last.
   */
  listOpen(after: string | undefined, limit: number, wasRead?: RowRead): Promise<readonly Task[]>;
  /**
   * Ids of the open tasks of the account that have this concurrency key, first submitted first: the first one holds
   * the key. This is the only answer to who holds a key; `unlessKeyHeld` asks the same query within its transaction.
   */
  tasksWithKey(account: string, concurrencyKey: string): Promise<readonly string[]>;
  /**
   * The log in order. No append becomes visible before a position that was already read: a reader that continues from
   * the last position of each page sees every append exactly once, with any number of writing processes.
   */
  readEvents(query: EventQuery): Promise<readonly RecordedEvents[]>;
  /** The epochs of the log, the present one last; there is always one. They are the same as long as the store is open. */
  readonly logEpochs: readonly LogEpoch[];
  /** The position of the newest append that can be read, whether its task is archived or not; 0: there is none. */
  lastPosition(): Promise<Position>;
  /** Whether there can be no append between the two positions; false if the store does not know. */
  isNext(position: Position, next: Position): boolean;
  /**
   * The exact counts, updated with every append, so that they are as cheap for a million tasks as for ten. Without an
   * account: of all accounts together (for the engine itself).
   */
  counts(account?: string): Promise<readonly TaskCount[]>;
  /** The usage of every account that has a task; exact and cheap, as `counts`. */
  usage(): Promise<readonly AccountUsage[]>;
  /**
   * Ids of tasks of all accounts that ended in `state` before that moment, the earliest end first; `after` goes on behind a
   * task of an earlier page that is still in the lists.
   */
  listEnded(
    state: FinalState,
    before: number,
    limit: number,
    after?: string,
  ): Promise<readonly string[]>;
  /**
   * Moves ended tasks to the archive; resolves with those that were moved. `read` and `readEvents` by id and
   * `findToken` still find them; lists, counts and the log of all tasks do not. A task is always either in the lists or
   * in the archive.
   */
  archive(taskIds: readonly string[]): Promise<readonly ArchivedTask[]>;
  /** The submission that claimed the token, if any; also if its task is in the archive. */
  findToken(account: string, scope: string, token: string): Promise<ClaimedToken | undefined>;
}

/** Stores simulated resources. They change only with an append, or when the world of an account is made. */
export interface ResourceStore {
  readResource(account: string, kind: string, id: string): Promise<Resource | undefined>;
  listResources(account: string, query: ResourceQuery): Promise<readonly Resource[]>;
  /** Writes resources without a task: the world of a new account. Resources that exist stay as they are. */
  seedResources(account: string, resources: readonly Omit<Resource, "version">[]): Promise<void>;
}

/**
 * Stores which node owns a scope of work that only one node may do, such as running tasks. A node that lost a scope and
 * does not know it, because it was paused or disconnected, is refused by the epoch in its `fence`.
 */
interface OwnershipStore {
  /** Makes `owner` the owner in any case; its epoch is greater than all earlier epochs of the scope. */
  takeOwnership(scope: string, owner: string): Promise<Ownership>;
  /** Resolves with whether the fence was the owner's. Later appends with its epoch are refused. */
  giveUpOwnership(fence: Fence): Promise<boolean>;
  /** Undefined: no node has taken it yet. */
  readOwnership(scope: string): Promise<Ownership | undefined>;
}

export interface Store extends TaskStore, ResourceStore, OwnershipStore {
  /** Where the data is, for people, e.g. a file name. */
  readonly location: string;
  /** Waits for appends under way, then closes files and connections. */
  close(): Promise<void>;
}
