import type { TaskEvent } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { Resource, ResourceQuery } from "../core/resource.ts";
import type { FinalState, Task, TaskState } from "../core/task.ts";

/** One change of one task: everything here is written in one transaction, or nothing is. */
export interface Append {
  readonly taskId: string;
  /** The task's version before `events`; 0 for a new task. */
  readonly expectedVersion: number;
  readonly events: readonly TaskEvent[];
  /** The fold of the whole log, `events` included: becomes the task's row. */
  readonly task: Task;
  readonly token?: TokenClaim;
  /** Refuse if another open task of the account has this task's concurrency key. */
  readonly unlessKeyHeld?: boolean;
  readonly resources?: readonly ResourceChange[];
  /** Refuse unless this is still the newest epoch of its scope. */
  readonly fence?: Fence;
}

/** What the owner of a scope of work shows with what it writes. */
export interface Fence {
  readonly scope: string;
  readonly epoch: number;
}

/** Who owns a scope of work, such as running the tasks. */
export interface Ownership extends Fence {
  /** The node's name; undefined: it was given up. */
  readonly owner: string | undefined;
}

/** Binds an idempotency token to the task for good. Unique by account, scope and token. */
export interface TokenClaim {
  readonly scope: string;
  readonly token: string;
  /** A digest of what the caller asked for: tells a repeat from a different request. */
  readonly fingerprint: string;
  /** What the submission was answered with besides the task: a repeat is answered with the same. */
  readonly reply?: JsonObject;
}

/** The submission that a token names. */
export interface ClaimedToken {
  readonly taskId: string;
  readonly fingerprint: string;
  /** Absent where the submission had none, or was stored before replies were. */
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

/** Only `appended` changed anything. The others say which expectation did not hold; read again and decide again. */
export type AppendResult =
  | { readonly outcome: "appended"; readonly position: Position }
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
   * The `next` of a page before, unchanged; only the store knows what it says. What the store did not make is refused
   * with `InvalidParameter`. Newest first, so: tasks older than the one this cursor came from.
   */
  readonly cursor?: string;
  /** Leaves out so many of the newest: for clients that number their pages. Their rows are walked, not read. */
  readonly skip?: number;
  /** At most this many, 1 to 1 000. */
  readonly limit: number;
}

/** What tasks are to be like, without how many of them. */
export type TaskFilter = Omit<TaskQuery, "cursor" | "skip" | "limit">;

/** How many tasks of one product, type and state there are; more than none. */
export interface TaskCount {
  readonly product: string;
  readonly type: string;
  readonly state: TaskState;
  readonly count: number;
}

/** How many tasks an account has in the lists; subtasks, which count with their parents, are left out. */
export interface AccountUsage {
  readonly account: string;
  readonly open: number;
  /** Open and ended ones together. */
  readonly stored: number;
}

/** A task that left the lists for the archive. */
export interface ArchivedTask {
  readonly taskId: string;
  readonly account: string;
  readonly isSubtask: boolean;
}

export interface TaskPage {
  /** Newest first, by order of submission. */
  readonly tasks: readonly Task[];
  /** Present if there is more. */
  readonly next?: string;
}

/**
 * Where an append stands in the log; never used twice. Only the store knows what it is made of: others keep it, hand
 * it back as `after`, and compare two with `<`, which is the order of the log. Nobody counts or computes with it.
 */
export type Position = number;

/** One append as it stands in the log. */
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
  /** Only what came after this position; 0 for all. */
  readonly after: Position;
  readonly limit: number;
}

/**
 * Where tasks are kept. Promises of every adapter (test/contracts/store-contract.ts), for any number of processes that
 * use one store:
 * durable before told: `append` resolves with `appended` only when a power cut cannot undo it ·
 * every read that begins after that, in whichever process, shows it · accounts never mix · log and row never differ.
 * A store that cannot be reached or written rejects with DomainError `StoreUnavailable`.
 */
export interface TaskStore {
  append(append: Append): Promise<AppendResult>;
  /** Sees every append that was acknowledged before the call, whichever process made it. The same holds for all reads. */
  read(account: string, taskId: string): Promise<Task | undefined>;
  /** `atHand`: those of the caller's tasks that have ended, so that they need not be read again. */
  list(query: TaskQuery, atHand?: (taskId: string) => Task | undefined): Promise<TaskPage>;
  /** How many tasks a list of this query has in all, counted up to `most`: rows are walked, not read. */
  count(query: TaskFilter, most: number): Promise<number>;
  /** Tasks that have not ended, of all accounts, oldest submission first; `after` is the last id of the page before. */
  listOpen(after: string | undefined, limit: number): Promise<readonly Task[]>;
  /**
   * Ids of the open tasks of the account that have this concurrency key, first submitted first: the first one holds
   * the key. This is the only answer to who holds a key; `unlessKeyHeld` asks the same query within its transaction.
   */
  tasksWithKey(account: string, concurrencyKey: string): Promise<readonly string[]>;
  /**
   * The log in order. No append becomes visible behind a position that was already read: whoever reads on from the
   * last position of each page has seen every append once, however many processes write.
   */
  readEvents(query: EventQuery): Promise<readonly RecordedEvents[]>;
  /** The position of the newest append that can be read, whether its task is archived or not; 0: there is none. */
  lastPosition(): Promise<Position>;
  /** Whether nothing can stand in the log between the two positions; false if the store cannot tell. */
  isNext(position: Position, next: Position): boolean;
  /**
   * Exact, and as cheap for a million tasks as for ten: kept up with every append. Without an account: of all together
   * (for the engine itself).
   */
  counts(account?: string): Promise<readonly TaskCount[]>;
  /** The usage of every account that has a task; exact and cheap, as `counts`. */
  usage(): Promise<readonly AccountUsage[]>;
  /** Ids of tasks of all accounts that ended in `state` before that moment, the longest ended first. */
  listEnded(state: FinalState, before: number, limit: number): Promise<readonly string[]>;
  /**
   * Moves tasks that have ended to the archive; resolves with those that it moved. `read` and `readEvents` by id and `findToken`
   * still find them, lists, counts and the log of all tasks do not. A task is at every moment in exactly one of the two.
   */
  archive(taskIds: readonly string[]): Promise<readonly ArchivedTask[]>;
  /** The submission that claimed the token, if any; found for good, also when its task is in the archive. */
  findToken(account: string, scope: string, token: string): Promise<ClaimedToken | undefined>;
}

/** Where simulated resources are kept; they change only with an append, or when the store is new. */
export interface ResourceStore {
  readResource(account: string, kind: string, id: string): Promise<Resource | undefined>;
  listResources(account: string, query: ResourceQuery): Promise<readonly Resource[]>;
  /** Writes resources that belong to no task: the world of a new account. Does nothing for those that exist. */
  seedResources(account: string, resources: readonly Omit<Resource, "version">[]): Promise<void>;
}

/**
 * Which node does work that only one may do, such as running tasks. Work is divided into scopes by name. A node that
 * lost a scope and does not know it yet, because it was frozen or cut off, is kept out by the epoch in its `fence`.
 */
interface OwnershipStore {
  /** Makes `owner` the owner, whoever was before; its epoch is greater than every epoch of the scope before. */
  takeOwnership(scope: string, owner: string): Promise<Ownership>;
  /** Resolves with whether it was the owner's to give up. Appends with its epoch are refused from then on. */
  giveUpOwnership(fence: Fence): Promise<boolean>;
  /** Undefined: nobody ever took it. */
  readOwnership(scope: string): Promise<Ownership | undefined>;
}

export interface Store extends TaskStore, ResourceStore, OwnershipStore {
  /** For people: where the data is, e.g. a file name. */
  readonly location: string;
  /** Waits for appends under way, then lets go of files and connections. */
  close(): Promise<void>;
}
