import type { Clock } from "../../clock.ts";
import { movedTo, type TaskCommand } from "../../core/commands.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskEvent } from "../../core/events.ts";
import { fold } from "../../core/evolve.ts";
import { isFinal, type Task, type TaskDraft } from "../../core/task.ts";
import type { TaskType } from "../../core/task-type.ts";
import { fault } from "../../fault-points.ts";
import type { Log } from "../../log.ts";
import type { Append, AppendResult, RecordedEvents, Store, TokenClaim } from "../../store/store.ts";
import { beginTask, decided } from "./new-task.ts";
import { RecentTasks } from "./recent-tasks.ts";
import { ResourceBuffer } from "./resource-buffer.ts";
import type { StoreRetry } from "./store-retry.ts";

/** How often a decision is repeated because another change came first. More often means a bug. */
export const MAX_CONFLICTS = 20;

/** The tokens of this scope are ids of tasks on other servers: each task is imported once, and found by its old id. */
export const IMPORT_SCOPE = "import";

/** An open task. Its commands are handled one after the other. */
interface LiveTask {
  /** The task as this process committed it last. */
  task: Task;
  /** The task as it was read from the store, if that was newer: an answer must never be older than an earlier one. */
  seen: Task | undefined;
  /** An append failed and the log could not be read afterwards: it may have events that `task` lacks. */
  inDoubt: boolean;
  tail: Promise<unknown>;
}

interface Claims {
  readonly token?: TokenClaim;
  readonly unlessKeyHeld: boolean;
  readonly resources?: ResourceBuffer;
}

interface Created {
  readonly task: Task;
  readonly result: AppendResult;
}

export interface LiveTasksOptions {
  readonly store: Store;
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly typeOf: (task: Task) => TaskType | undefined;
  /** The command as it is applied to the task (see `admission.ts`). */
  readonly admit: (task: Task, command: TaskCommand) => TaskCommand;
  /** Opens the secrets of a task for its `onEnd`, and hides them in what that throws. */
  readonly secrets: {
    openTask(task: Task): Task;
    hideError(error: unknown, task: Task): unknown;
  };
  /** Reserve and release a slot for a new task (see `Executor`). */
  readonly reserve: (task: Task) => boolean | Promise<boolean>;
  readonly release: (task: Task) => void;
  /** Called with an open task that another process submitted and that is now in memory. */
  readonly adopted: (task: Task) => void;
  /** Called after each commit, in the order of each task's log. */
  readonly committed: (task: Task, events: readonly TaskEvent[], position: number) => void;
  /** How many ended tasks are kept in memory (see `RecentTasks`). */
  readonly recentTasks: number;
  readonly retry: StoreRetry;
}

/** Handles commands: reads, decides, appends, and decides again if another change came first. */
export class LiveTasks {
  readonly #options: LiveTasksOptions;
  readonly #store: Store;
  readonly #live = new Map<string, LiveTask>();
  readonly #recent: RecentTasks;
  readonly #creating = new Map<string, Promise<Created>>();
  /** New tasks whose append failed, so that it is not yet known whether they were written. */
  readonly #inDoubt = new Set<string>();
  readonly #waiting = new Map<string, ((task: Task) => void)[]>();

  constructor(options: LiveTasksOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#recent = new RecentTasks(options.recentTasks);
  }

  get size(): number {
    return this.#live.size;
  }

  get cache(): { readonly hits: number; readonly misses: number } {
    return this.#recent;
  }

  adopt(task: Task): void {
    this.#live.set(task.id, { task, seen: undefined, inDoubt: false, tail: Promise.resolve() });
  }

  /** Resolves when every command received so far has been handled: to all open tasks, or to this one. */
  async settled(taskId?: string): Promise<void> {
    const one = taskId === undefined ? undefined : this.#live.get(taskId);
    await Promise.allSettled([...(one ? [one] : this.#live.values())].map(({ tail }) => tail));
  }

  /** Commits a new task. Any outcome other than `appended` has written nothing. */
  async create(draft: TaskDraft, at: number, claims: Claims): Promise<Created> {
    const created = this.#create(draft, at, claims);
    this.#creating.set(draft.id, created);
    try {
      return await created;
    } finally {
      this.#creating.delete(draft.id);
    }
  }

  /** @throws DomainError what the core refuses, `TaskEnded` for tasks that are not open, `StoreUnavailable`. */
  handle(taskId: string, command: TaskCommand, resources?: ResourceBuffer): Promise<Task> {
    const live = this.#live.get(taskId);
    if (live === undefined) return this.#handleOther(taskId, command);
    const handled = live.tail.then(() => this.#apply(live, command, resources));
    live.tail = handled.catch(() => undefined);
    return handled;
  }

  peek(account: string, taskId: string): Task | undefined {
    const live = this.#live.get(taskId);
    const task = live === undefined ? this.#recent.get(taskId) : (live.seen ?? live.task);
    return task?.account === account ? task : undefined;
  }

  /** An ended task in memory, of any account. */
  atHand(taskId: string): Task | undefined {
    return this.#recent.get(taskId);
  }

  /** Keeps a task in memory that was read from the store, if it has ended and is read again. */
  keep(task: Task): void {
    if (isFinal(task.state)) this.#recent.offer(task);
  }

  async get(account: string, taskId: string): Promise<Task> {
    const task = this.peek(account, taskId) ?? (await this.#read(account, taskId));
    if (task) return task;
    throw new DomainError("TaskNotFound", `the task ${taskId} was not found`, { taskId });
  }

  /**
   * The newest version of a task that the store returned. A list can read a commit that this thread does not know yet;
   * from then on no older version may be shown.
   */
  newest(task: Task): Task {
    const live = this.#live.get(task.id);
    if (live === undefined) return task;
    const shown = live.seen ?? live.task;
    if (shown.version >= task.version) return shown;
    live.seen = task;
    return task;
  }

  async ended(taskId: string, account: string): Promise<Task> {
    const task = await this.get(account, taskId);
    if (isFinal(task.state)) return task;
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(taskId);
      if (waiting) waiting.push(resolve);
      else this.#waiting.set(taskId, [resolve]);
    });
  }

  /** Applies an append that was read from the log. Does nothing if this process made it. */
  async learn({ taskId, account, firstVersion, events }: RecordedEvents): Promise<void> {
    await this.#creating.get(taskId)?.catch(() => undefined);
    const live = this.#live.get(taskId);
    if (live === undefined) return this.#learnOther(account, taskId);
    const version = firstVersion + events.length - 1;
    if (live.task.version >= version) return;
    // Waits for the task's commands under way, because one of them may have made this append.
    live.tail = live.tail.then(() =>
      live.task.version < version ? this.#catchUp(live).then(() => undefined) : undefined,
    );
    await live.tail;
  }

  /** For a task that is not in memory: an open one is another process's; the end of an ended one resolves waits. */
  async #learnOther(account: string, taskId: string): Promise<void> {
    if (this.#inDoubt.has(taskId)) return;
    const task = await this.#store.read(account, taskId);
    if (task === undefined || this.#live.has(taskId)) return;
    if (isFinal(task.state)) return this.#tellEnd(task);
    this.adopt(task);
    this.#options.adopted(task);
  }

  async #create(draft: TaskDraft, at: number, claims: Claims): Promise<Created> {
    const { token, unlessKeyHeld, resources } = claims;
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
    fault("before-append");
    const result = await this.#store
      .append(append)
      .catch((error) => this.#unlessWritten(append, error));
    fault("after-append");
    if (result.outcome === "appended") {
      this.adopt(task);
      this.#committed(task, events, result.position);
    } else this.#options.release(task);
    return { task, result };
  }

  /** After a failed append of a new task, which may have been written nevertheless: then the task is run. */
  async #unlessWritten(append: Append, error: unknown): Promise<AppendResult> {
    let found: AppendResult | undefined;
    try {
      found = await this.#find(append);
    } catch {
      // The task may exist, so its slot and key stay reserved until this is known.
      this.#inDoubt.add(append.taskId);
      this.#options.retry.later(() => void this.#adoptIfWritten(append));
      throw error;
    }
    if (found !== undefined) return found;
    this.#options.release(append.task);
    throw error;
  }

  async #find({ taskId, task }: Append): Promise<AppendResult | undefined> {
    const [first] = await this.#store.readEvents({ taskId, after: 0, limit: 1 });
    if (first === undefined || first.account !== task.account) return undefined;
    return { outcome: "appended", position: first.position };
  }

  /** Finds out, later, whether a new task was written. Until then the task accepts no command. */
  async #adoptIfWritten(append: Append): Promise<void> {
    this.#inDoubt.delete(append.taskId);
    const result = await this.#unlessWritten(append, undefined).catch(() => undefined);
    if (result?.outcome !== "appended") return;
    this.adopt(append.task);
    this.#committed(append.task, append.events, result.position);
  }

  async #handleOther(taskId: string, command: TaskCommand): Promise<Task> {
    // The commit of a new task may be under way: a list can show it before this thread hears of it.
    await this.#creating.get(taskId)?.catch(() => undefined);
    if (this.#live.has(taskId)) return this.handle(taskId, command);
    const task = this.#recent.get(taskId);
    if (task === undefined) {
      const message = `task ${taskId} is not open; it takes no ${command.type}`;
      throw new DomainError("TaskEnded", message, { taskId });
    }
    decided(task, command);
    return task;
  }

  async #apply(live: LiveTask, command: TaskCommand, resources?: ResourceBuffer): Promise<Task> {
    if (live.inDoubt) await this.#reload(live);
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const before = live.task;
      // A command may have waited for others or for the store: what counts is when it is decided and written.
      const given = movedTo(command, this.#options.clock.now());
      const admitted = this.#options.admit(before, given);
      const events = decided(before, admitted);
      if (events.length === 0) return before;
      const task = fold(events, before);
      // A step that fails instead changes no resources.
      const kept = admitted.type === command.type ? resources : undefined;
      const changes = await this.#changesWith(task, kept);
      fault("before-append");
      const append = {
        taskId: task.id,
        expectedVersion: before.version,
        events,
        task,
        ...(changes && { resources: changes }),
      };
      const result = await this.#store.append(append).catch(async (error: unknown) => {
        const [first] = await this.#catchUp(live);
        if (first === undefined) throw error;
        // The events found may be of another process that has died: what it sent can arrive this late.
        return isFrom(append, first) ? undefined : ({ outcome: "overtaken" } as const);
      });
      if (result === undefined) return live.task; // it was written nevertheless
      fault("after-append");
      if (result.outcome === "appended") {
        live.task = task;
        live.seen = undefined;
        this.#committed(task, events, result.position);
        return task;
      }
      if (result.outcome === "version-conflict") await this.#reload(live);
    }
    throw tooManyConflicts(`task ${live.task.id}`);
  }

  /** The resource changes of the step and, when the task ends, those of its type's `onEnd`. */
  async #changesWith(task: Task, resources: ResourceBuffer | undefined) {
    const onEnd = isFinal(task.state) ? this.#options.typeOf(task)?.onEnd : undefined;
    if (onEnd === undefined) return resources?.isEmpty === false ? resources.changes() : undefined;
    const { secrets, log } = this.#options;
    const all = resources?.copy() ?? new ResourceBuffer(this.#store, task.account);
    try {
      await onEnd(secrets.openTask(task), all);
    } catch (error) {
      log.error(
        { taskId: task.id, error: secrets.hideError(error, task) },
        "onEnd failed; the task ends without its changes",
      );
      return resources?.changes();
    }
    return all.changes();
  }

  /** Reads the log after a failed append. If that fails too, it is repeated later, and the executor is told then. */
  async #catchUp(live: LiveTask): Promise<readonly RecordedEvents[]> {
    try {
      return await this.#reload(live);
    } catch {
      live.inDoubt = true;
      this.#options.retry.later(() => {
        live.tail = live.tail.then(() => this.#catchUp(live));
      });
      return [];
    }
  }

  /** Applies events of the log that this process does not know, e.g. because an answer was lost. Resolves with them. */
  async #reload(live: LiveTask): Promise<readonly RecordedEvents[]> {
    const { id, account, version } = live.task;
    const news: RecordedEvents[] = [];
    let position = 0;
    for (;;) {
      const page = await this.#store.readEvents({
        account,
        taskId: id,
        after: position,
        limit: 100,
      });
      for (const recorded of page) {
        position = recorded.position;
        if (recorded.firstVersion <= version) continue;
        news.push(recorded);
        live.task = fold(recorded.events, live.task);
        live.seen = undefined;
        this.#committed(live.task, recorded.events, position);
      }
      if (page.length < 100) break;
    }
    live.inDoubt = false;
    return news;
  }

  #committed(task: Task, events: readonly TaskEvent[], position: number): void {
    if (isFinal(task.state)) {
      this.#recent.add(task);
      this.#live.delete(task.id);
    }
    this.#options.committed(task, events, position);
    if (isFinal(task.state)) this.#tellEnd(task);
  }

  #tellEnd(task: Task): void {
    const waiting = this.#waiting.get(task.id);
    this.#waiting.delete(task.id);
    for (const resolve of waiting ?? []) resolve(task);
  }

  async #read(account: string, taskId: string): Promise<Task | undefined> {
    const task = await this.#store.read(account, taskId);
    if (task === undefined) return this.#readImported(account, taskId);
    this.keep(task);
    return task;
  }

  /** The task that was imported under this old id, so that clients that poll the old id still find it. */
  async #readImported(account: string, origin: string): Promise<Task | undefined> {
    const known = await this.#store.findToken(account, IMPORT_SCOPE, origin);
    if (known === undefined) return undefined;
    return this.peek(account, known.taskId) ?? this.#store.read(account, known.taskId);
  }
}

function isFrom({ events }: Append, recorded: RecordedEvents): boolean {
  return JSON.stringify(events) === JSON.stringify(recorded.events);
}

export function tooManyConflicts(what: string): DomainError {
  return new DomainError(
    "StoreUnavailable",
    `${what} kept changing while it was handled; try again`,
  );
}
