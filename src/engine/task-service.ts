import type { TaskEvent } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { WhenBusy } from "../core/product.ts";
import type { ResourceReader } from "../core/resource.ts";
import type { ApprovalVerdict, Target, Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import type {
  EventQuery,
  LogEpoch,
  Position,
  RecordedEvents,
  TaskCount,
  TaskFilter,
  TaskPage,
  TaskQuery,
} from "../store/store.ts";
import type { TaskRights } from "../task-rights.ts";
import type { Diagnosis } from "./health.ts";

/** Who makes a request. Only what belongs to `account` can be seen or changed. */
export interface Caller {
  readonly account: string;
  readonly requestId: string;
  /** For the log: the access key or role behind the request. */
  readonly actor: string;
  /** The trace that the request is part of (W3C). */
  readonly traceparent?: string;
  /** What it may do with tasks; absent: everything in its account. */
  readonly rights?: TaskRights;
}

export interface SubmitRequest {
  readonly product?: string;
  readonly type: string;
  readonly input: JsonObject;
  readonly target?: Target;
  readonly attributes?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  /** 0 (last) to 9 (first); default 5. */
  readonly priority?: number;
  readonly concurrencyKey?: string;
  readonly whenBusy?: WhenBusy;
  /** The request is checked, but nothing is written: the answer is the task as it would be. */
  readonly validateOnly?: boolean;
  /** The caller's idempotency token: the same token with the same request answers with the same task. */
  readonly token?: string;
  /** What a repeat with the token must be equal in, if that is less than the whole request. */
  readonly asked?: JsonObject;
  /** Replaces `notBefore`: the task starts at the earliest this long after its submission, in ms. */
  readonly delayMs?: number;
  /** ms since the epoch. */
  readonly notBefore?: number;
  readonly startBy?: number;
  readonly finishBy?: number;
}

/**
 * The result of a submission. submitted: `task` is new · repeated: it is the task of an earlier request with the same
 * token · joined: it is the task that holds the concurrency key · checked: nothing was written, it is the task that would
 * have been submitted.
 */
export interface Submitted {
  readonly task: Task;
  /** The answer to the first submission with the token, if it was stored with the token. */
  readonly reply?: JsonObject;
  readonly outcome: "submitted" | "repeated" | "joined" | "checked";
}

/** The caller's idempotency token: a repeat with it changes nothing, and is answered with the task as it is then. */
interface Repeatable {
  readonly token?: string;
}

export interface ControlRequest extends Repeatable {
  readonly by: string;
  readonly reason: string;
}

export interface Signal extends ApprovalVerdict, Repeatable {
  readonly step: string;
  /** The number of the question, as the task shows it. */
  readonly number?: number;
}

export interface RetryRequest extends ControlRequest {
  /** Who the new task is started by, if a request asks for it. */
  readonly caller?: Caller;
  /** The steps before this one are taken over with their outputs. Absent: the new task runs all steps. */
  readonly fromStep?: string;
  /** The caller's idempotency token: the same token with the same request answers with the same new task. */
  readonly token?: string;
}

export interface ImportRequest extends Repeatable {
  /** What a repeat with the token must be equal in: a digest of the request. */
  readonly digest?: string;
  /** An open task runs on here at once. Default: it is held until somebody resumes it. */
  readonly resume?: boolean;
  /** Is asked about the task as it was exported, before anything is written; throws if it must not be imported. */
  readonly accept?: (task: Task) => void | Promise<void>;
}

/**
 * The engine as the dialects use it. Every promise that resolves with a task does so after its commit.
 * All reject with DomainError only: `TaskNotFound` for an unknown id and for another account's alike,
 * `StoreUnavailable` when nothing could be read or written.
 */
export interface TaskService {
  /**
   * @throws `TaskTypeNotFound`, `InvalidParameter`, `ResourceBusy` (key held, `whenBusy: reject`),
   * `TaskNotCancelable` (`whenBusy: supersede`), `TokenMismatch`.
   */
  submit(request: SubmitRequest, caller: Caller): Promise<Task>;
  /** Like `submit`, and also says what became of the request. @throws the same */
  submitWithOutcome(request: SubmitRequest, caller: Caller): Promise<Submitted>;
  /**
   * Tries an ended task again as a new one, which links to the old (`forkOf`); `list` finds the forks of a task.
   * @throws `TaskNotFound`, `ResourceBusy` (it has not ended), `InvalidParameter` (`fromStep`), `TaskTypeNotFound`,
   * `TokenMismatch`.
   */
  retry(account: string, taskId: string, request: RetryRequest): Promise<Task>;
  /** The task that an idempotency token made; `action` is a product's operation. @throws `TaskNotFound` */
  findByToken(account: string, token: string, product: string, action?: string): Promise<Task>;
  /**
   * Imports the log of a task from another server, under a new id; `get` finds the task by its old id too. The log must
   * be one that the core can have made; the task is the importer's from now on. An open task is held until it is resumed.
   * @throws `InvalidParameter`, `ResourceExists`, `TokenMismatch`, `TaskTypeNotFound` for an open one that nothing here can run.
   */
  importTask(log: readonly TaskEvent[], caller: Caller, request?: ImportRequest): Promise<Task>;
  /**
   * Starts a product's operation by the vendor's action name. With an idempotency `token`, a repeat of the same
   * parameters is answered with the task and the reply of the first call. @throws also what the operation refuses.
   */
  startOperation(
    product: string,
    action: string,
    parameters: JsonObject,
    caller: Caller,
    token?: string,
  ): Promise<{ readonly task: Task; readonly reply: JsonObject }>;
  /** Answers a product's read-only call by the vendor's action name. */
  query(
    product: string,
    action: string,
    parameters: JsonObject,
    caller: Caller,
  ): Promise<JsonObject>;
  /** The task if it is in memory, without reading the store. The same object for as long as the task is unchanged. */
  peek(account: string, taskId: string): Task | undefined;
  get(account: string, taskId: string): Promise<Task>;
  list(query: TaskQuery): Promise<TaskPage>;
  /** How many tasks such a list has in all, counted up to `most`. */
  count(filter: TaskFilter, most: number): Promise<number>;
  /** How many tasks there are by product, type and state; exact, and cheap whatever their number. */
  counts(account: string): Promise<readonly TaskCount[]>;
  events(query: EventQuery): Promise<readonly RecordedEvents[]>;
  /** The epochs of the log, the present one last (see `TaskStore`). */
  readonly logEpochs: readonly LogEpoch[];
  /** The end of the log, and whether one position directly follows another (see `TaskStore`). */
  lastPosition(): Promise<Position>;
  isNext(position: Position, next: Position): boolean;
  /** @throws `TaskEnded`, `TaskNotCancelable`, `TokenMismatch`. Repeating it changes nothing. */
  cancel(account: string, taskId: string, control: ControlRequest): Promise<Task>;
  /** @throws `TaskEnded`, `TaskNotPausable`, `TokenMismatch`. */
  pause(account: string, taskId: string, control: ControlRequest): Promise<Task>;
  /** @throws `TaskEnded`, `TaskNotResumable`, `TokenMismatch`. */
  resume(account: string, taskId: string, control: ControlRequest): Promise<Task>;
  /**
   * Answers the question with which a step waits (`StepContext.approval`). A rejection fails the step.
   * @throws `TaskEnded`, `StepNotRunning` if the step never asked, `QuestionNotOpen` if another question than the named one
   * is open or none, `MissingParameter` if no question is named and several can be meant, `TokenMismatch`.
   */
  signal(account: string, taskId: string, signal: Signal): Promise<Task>;
  /** How the task is doing and why it does not move. @throws `TaskNotFound` */
  diagnose(account: string, taskId: string): Promise<Diagnosis>;
  /** Like `diagnose`, for a task in memory and without waiting: an executor in another process is not asked. */
  health(task: Task): Diagnosis;
  resources(account: string): ResourceReader;
  types(): readonly { readonly product: string; readonly type: TaskType }[];
  /** Whether the engine takes commands: false from the start of a graceful stop. */
  readonly ready: boolean;
  /** Whether it is not ready because its start goes on. */
  readonly starting?: boolean;
}
