import type { Clock } from "../../clock.ts";
import { movedTo, type TaskCommand } from "../../core/commands.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskEvent } from "../../core/events.ts";
import { fold } from "../../core/evolve.ts";
import { isFinal, type Task, type TaskDraft } from "../../core/task.ts";
import type { TaskType } from "../../core/task-type.ts";
import { fault } from "../../fault-points.ts";
import type { Log } from "../../log.ts";
import type { Append, AppendResult, RecordedEvents, Store } from "../../store/store.ts";
import { MAX_CONFLICTS, tooManyConflicts } from "./conflicts.ts";
import { changesWith } from "./end-changes.ts";
import { EndWaits } from "./end-waits.ts";
import { decided } from "./new-task.ts";
import { type Claims, type Created, NewTasks } from "./new-tasks.ts";
import { isFrom, isRepeat, nothingOf, type Once } from "./once.ts";
import { RecentTasks } from "./recent-tasks.ts";
import type { ResourceBuffer } from "./resource-buffer.ts";
import type { StoreRetry } from "./store-retry.ts";

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
  /** Called with a task whose log was made elsewhere, after its commit. */
  readonly taken: (task: Task, events: readonly TaskEvent[], position: number) => void;
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
  readonly #new: NewTasks;
  readonly #waits = new EndWaits();

  constructor(options: LiveTasksOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#recent = new RecentTasks(options.recentTasks);
    this.#new = new NewTasks({
      ...options,
      written: ({ task, events }, { position }) => {
        this.adopt(task);
        this.#committed(task, events, position);
      },
      taken: ({ task, events }, { position }) => {
        if (!isFinal(task.state)) this.adopt(task);
        options.taken(task, events, position);
      },
    });
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
  create(draft: TaskDraft, at: number, claims: Claims): Promise<Created> {
    return this.#new.create(draft, at, claims);
  }

  /** Commits a task with a log that was made elsewhere. Any outcome other than `appended` has written nothing. */
  take(append: Append): Promise<AppendResult> {
    return this.#new.take(append);
  }

  /**
   * Without a command, only the token is claimed.
   * @throws DomainError what the core refuses, `TaskEnded` for tasks that are not open, `StoreUnavailable`, `TokenMismatch`.
   */
  handle(
    taskId: string,
    command: TaskCommand | undefined,
    resources?: ResourceBuffer,
    once?: Once,
  ): Promise<Task> {
    const live = this.#live.get(taskId);
    if (live === undefined) return this.#handleOther(taskId, command, once);
    const handled = live.tail.then(() => this.#apply(live, command, resources, once));
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

  /** Whether the task is open here, and not shown with this entry of its log yet. */
  isBehind({ taskId, firstVersion, events }: RecordedEvents): boolean {
    const live = this.#live.get(taskId);
    if (live === undefined) return false;
    return (live.seen ?? live.task).version < firstVersion + events.length - 1;
  }

  async ended(taskId: string, account: string): Promise<Task> {
    // Who listens first misses no end that comes while the task is read.
    const { ended, giveUp } = this.#waits.wait(taskId);
    try {
      const task = await this.get(account, taskId);
      if (!isFinal(task.state)) return await ended;
      giveUp();
      return task;
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  /** Applies an append that was read from the log. Does nothing if this process made it. */
  async learn({ taskId, account, firstVersion, events }: RecordedEvents): Promise<void> {
    await this.#new.settled(taskId);
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
    if (this.#new.isInDoubt(taskId)) return;
    const task = await this.#store.read(account, taskId);
    if (task === undefined || this.#live.has(taskId)) return;
    if (isFinal(task.state)) return this.#waits.tell(task);
    this.adopt(task);
    this.#options.adopted(task);
  }

  async #handleOther(taskId: string, command: TaskCommand | undefined, once?: Once): Promise<Task> {
    // The commit of a new task may be under way: a list can show it before this thread hears of it.
    await this.#new.settled(taskId);
    if (this.#live.has(taskId)) return this.handle(taskId, command, undefined, once);
    if (once !== undefined && (await isRepeat(this.#store, once))) {
      return this.get(once.account, taskId);
    }
    const task = this.#recent.get(taskId);
    if (task === undefined || command === undefined) {
      const message = `task ${taskId} is not open; it takes no ${command?.type ?? "token"}`;
      throw new DomainError("TaskEnded", message, { taskId });
    }
    decided(task, command);
    return task;
  }

  async #apply(
    live: LiveTask,
    command: TaskCommand | undefined,
    resources?: ResourceBuffer,
    once?: Once,
  ): Promise<Task> {
    if (live.inDoubt) await this.#reload(live);
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      if (once !== undefined && (await isRepeat(this.#store, once))) return live.task;
      // What changes nothing now could change something when it is repeated: its token is claimed all the same.
      const append = await this.#appendOf(live.task, command, resources);
      if (append === undefined && once === undefined) return live.task;
      const claiming = append ?? nothingOf(live.task);
      const done = await this.#write(live, once ? { ...claiming, token: once.claim } : claiming);
      if (done !== undefined) return done;
    }
    throw tooManyConflicts(`task ${live.task.id}`);
  }

  /** What the command leads to; undefined: nothing. */
  async #appendOf(
    before: Task,
    command: TaskCommand | undefined,
    resources: ResourceBuffer | undefined,
  ): Promise<Append | undefined> {
    if (command === undefined) return undefined;
    // A command may have waited for others or for the store: what counts is when it is decided and written.
    const given = movedTo(command, this.#options.clock.now());
    const admitted = this.#options.admit(before, given);
    const events = decided(before, admitted);
    if (events.length === 0) return undefined;
    const task = fold(events, before);
    // A step that fails instead changes no resources.
    const kept = admitted.type === command.type ? resources : undefined;
    const changes = await changesWith(task, kept, this.#options);
    return {
      taskId: task.id,
      expectedVersion: before.version,
      events,
      task,
      ...(changes && { resources: changes }),
    };
  }

  /** Resolves with the task once the append is written; undefined: something else came first. */
  async #write(live: LiveTask, append: Append): Promise<Task | undefined> {
    fault("before-append");
    const result = await this.#store.append(append).catch(async (error: unknown) => {
      const [first] = await this.#catchUp(live);
      if (first === undefined) throw error;
      // The events found may be of another process that has died: what it sent can arrive this late.
      return isFrom(append, first) ? undefined : ({ outcome: "overtaken" } as const);
    });
    if (result === undefined) return live.task; // it was written nevertheless
    fault("after-append");
    if (result.outcome === "version-conflict") await this.#reload(live);
    if (result.outcome !== "appended") return undefined;
    const { task, events } = append;
    if (events.length === 0) return task;
    live.task = task;
    live.seen = undefined;
    this.#committed(task, events, result.position);
    return task;
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
    if (isFinal(task.state)) this.#waits.tell(task);
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
