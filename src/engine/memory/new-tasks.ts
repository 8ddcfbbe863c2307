import type { Clock } from "../../clock.ts";
import type { Task, TaskDraft } from "../../core/task.ts";
import { fault } from "../../fault-points.ts";
import type { Append, AppendResult, Store, TokenClaim } from "../../store/store.ts";
import { jsonLength } from "./live-task.ts";
import { beginTask } from "./new-task.ts";
import type { ResourceBuffer } from "./resource-buffer.ts";
import type { StoreRetry } from "./store-retry.ts";

export interface Claims {
  readonly token?: TokenClaim;
  readonly unlessKeyHeld: boolean;
  readonly resources?: ResourceBuffer;
}

export interface Created {
  readonly task: Task;
  readonly result: AppendResult;
}

export type Appended = Extract<AppendResult, { outcome: "appended" }>;

type Entered = (append: Append, result: Appended) => void;

export interface NewTasksOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  /** Reserve and release a slot for a new task (see `Executor`). */
  readonly reserve: (task: Task) => boolean | Promise<boolean>;
  readonly release: (task: Task) => void;
  /** Called with a task that was submitted and is committed from now on. */
  readonly written: (append: Append, result: Appended) => void;
  /** The same for a task whose log was made elsewhere. */
  readonly taken: (append: Append, result: Appended) => void;
  readonly retry: StoreRetry;
}

/**
 * The one way by which new tasks enter, submitted or imported: each is in memory, and runs, only once it is known to be
 * committed; when an answer of the store is lost, the log is asked.
 */
export class NewTasks {
  readonly #options: NewTasksOptions;
  readonly #creating = new Map<string, Promise<unknown>>();
  /** Those whose append failed, so that it is not yet known whether they were written. */
  readonly #inDoubt = new Set<string>();

  constructor(options: NewTasksOptions) {
    this.#options = options;
  }

  isInDoubt(taskId: string): boolean {
    return this.#inDoubt.has(taskId);
  }

  /** Resolves when the commit of this task, if it is new, is not under way any more. */
  async settled(taskId: string): Promise<void> {
    await this.#creating.get(taskId)?.catch(() => undefined);
  }

  /** Commits a new task. Any outcome other than `appended` has written nothing. */
  create(draft: TaskDraft, at: number, claims: Claims): Promise<Created> {
    return this.#during(draft.id, this.#create(draft, at, claims));
  }

  /** Commits a task with a log that was made elsewhere. Any outcome other than `appended` has written nothing. */
  take(append: Append): Promise<AppendResult> {
    return this.#during(append.taskId, this.#enter(append, this.#options.taken));
  }

  async #during<T>(taskId: string, created: Promise<T>): Promise<T> {
    this.#creating.set(taskId, created);
    try {
      return await created;
    } finally {
      this.#creating.delete(taskId);
    }
  }

  async #create(draft: TaskDraft, at: number, claims: Claims): Promise<Created> {
    const { token, unlessKeyHeld, resources } = claims;
    const { written } = this.#options;
    const changes = resources?.isEmpty === false ? await resources.changes() : undefined;
    const begun = beginTask(draft, at, this.#options);
    // No `await` without a promise, so that the reservation and the append happen in the same turn.
    const { events, task } = begun instanceof Promise ? await begun : begun;
    const append = {
      taskId: task.id,
      expectedVersion: 0,
      events,
      task,
      unlessKeyHeld,
      ...(token && { token }),
      ...(changes && { resources: changes }),
    };
    return { task, result: await this.#enter(append, written) };
  }

  async #enter(append: Append, entered: Entered): Promise<AppendResult> {
    const { store, release } = this.#options;
    fault("before-append");
    const result = await store
      .append(append)
      .catch((error) => this.#unlessWritten(append, entered, error));
    fault("after-append");
    if (result.outcome === "appended") entered(append, result);
    else release(append.task);
    return result;
  }

  /** After a failed append of a new task, which may have been written nevertheless: then the task is run. */
  async #unlessWritten(append: Append, entered: Entered, error: unknown): Promise<AppendResult> {
    const { retry, release } = this.#options;
    let found: AppendResult | undefined;
    try {
      found = await this.#find(append);
    } catch {
      // The task may exist, so its slot and key stay reserved until this is known.
      this.#inDoubt.add(append.taskId);
      retry.later(() => void this.#enterIfWritten(append, entered));
      throw error;
    }
    if (found !== undefined) return found;
    release(append.task);
    throw error;
  }

  async #find({ taskId, task }: Append): Promise<AppendResult | undefined> {
    const [first] = await this.#options.store.readEvents({ taskId, after: 0, limit: 1 });
    if (first === undefined || first.account !== task.account) return undefined;
    return { outcome: "appended", position: first.position, bytes: jsonLength(task) };
  }

  /** Finds out, later, whether a new task was written. Until then the task accepts no command. */
  async #enterIfWritten(append: Append, entered: Entered): Promise<void> {
    this.#inDoubt.delete(append.taskId);
    const result = await this.#unlessWritten(append, entered, undefined).catch(() => undefined);
    if (result?.outcome === "appended") entered(append, result);
  }
}
