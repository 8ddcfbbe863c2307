import type { TaskCommand } from "../../core/commands.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskEvent } from "../../core/events.ts";
import { isFinal, type Task, type TaskDraft } from "../../core/task.ts";
import { fault } from "../../fault-points.ts";
import type { Append, AppendResult, RecordedEvents, Store } from "../../store/store.ts";
import { type AppendOptions, appendOf } from "./append-of.ts";
import { type CaughtUp, catchUp } from "./catch-up.ts";
import { MAX_CONFLICTS, tooManyConflicts } from "./conflicts.ts";
import { EndWaits } from "./end-waits.ts";
import {
  beginsAttempt,
  jsonLength,
  type LiveTask,
  liveTask,
  newestOf,
  shownOf,
  stillStarting,
} from "./live-task.ts";
import { decided } from "./new-task.ts";
import { type Appended, type Claims, type Created, NewTasks } from "./new-tasks.ts";
import { isFrom, isRepeat, nothingOf, type Once } from "./once.ts";
import { type MemoryBudgets, OpenContents, type Room } from "./open-contents.ts";
import { outlineOf } from "./outline.ts";
import { RecentTasks, type SizedTask } from "./recent-tasks.ts";
import type { ResourceBuffer } from "./resource-buffer.ts";
import type { StoreRetry } from "./store-retry.ts";

/** The tokens of this scope are ids of tasks on other servers: each task is imported once, and found by its old id. */
export const IMPORT_SCOPE = "import";

export interface LiveTasksOptions extends AppendOptions {
  readonly store: Store;
  /** Reserve and release a slot for a new task (see `Executor`). */
  readonly reserve: (task: Task) => boolean | Promise<boolean>;
  readonly release: (task: Task) => void;
  /** Called with an open task that another process submitted and that is now in memory. */
  readonly adopted: (task: Task) => void;
  /** Called when only the outline of an open task remains in memory. */
  readonly parked: (outline: Task) => void;
  /** Called when attempts that had to wait for memory may begin. */
  readonly roomAgain: () => void;
  /** Called after each commit, in the order of each task's log. */
  readonly committed: (task: Task, events: readonly TaskEvent[], position: number) => void;
  /** Called with a task whose log was made elsewhere, after its commit. */
  readonly taken: (task: Task, events: readonly TaskEvent[], position: number) => void;
  readonly budgets: MemoryBudgets;
  readonly retry: StoreRetry;
}

/** Handles commands: reads, decides, appends, and decides again if another change came first. */
export class LiveTasks {
  readonly #options: LiveTasksOptions;
  readonly #store: Store;
  readonly #live = new Map<string, LiveTask>();
  readonly #recent: RecentTasks;
  readonly #contents: OpenContents;
  readonly #new: NewTasks;
  readonly #waits = new EndWaits();
  #isComplete = false;

  constructor(options: LiveTasksOptions) {
    const { store, budgets, parked, roomAgain } = options;
    this.#options = options;
    this.#store = store;
    this.#recent = new RecentTasks(budgets.endedTasks, budgets.endedTaskBytes);
    this.#contents = new OpenContents({
      bytes: budgets.openTaskBytes,
      parked,
      roomAgain,
    });
    this.#new = new NewTasks({
      ...options,
      written: ({ task, events }, result) => {
        this.adopt(task, result.bytes);
        this.#committed(task, events, result);
      },
      taken: ({ task, events }, { position, bytes }) => {
        if (!isFinal(task.state)) this.adopt(task, bytes);
        options.taken(task, events, position);
        this.#contents.settle();
      },
    });
  }

  get size(): number {
    return this.#live.size;
  }

  get cache(): { readonly hits: number; readonly misses: number } {
    return this.#recent;
  }

  get held(): { readonly open: number; readonly ended: number } {
    return { open: this.#contents.held, ended: this.#recent.held };
  }

  /** @param bytes the length of its row as JSON */
  adopt(task: Task, bytes: number): void {
    const live = liveTask(task, bytes);
    this.#live.set(task.id, live);
    this.#contents.add(live);
  }

  /** Takes over a task that was read from the store: whole if it fits into the budget. */
  adoptStored(task: Task, bytes: number): Task {
    const isParked = !this.#contents.fits(bytes);
    const kept = isParked ? outlineOf(task) : task;
    const live = { ...liveTask(kept, bytes), isParked, isDormant: true };
    this.#live.set(task.id, live);
    if (!isParked) this.#contents.add(live);
    return kept;
  }

  /** Every task that was open at the start has been taken over. */
  complete(): void {
    this.#isComplete = true;
  }

  /** An open task, whole or as an outline. */
  outline(taskId: string): Task | undefined {
    return this.#live.get(taskId)?.task;
  }

  /** The room in memory for tasks at work. */
  readonly room: Room = {
    isFree: () => this.#contents.hasRoom,
    reserve: (taskId) => {
      const live = this.#live.get(taskId);
      if (live !== undefined) this.#contents.reserve(live);
    },
    standing: () => this.#contents,
  };

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
    const handledSo = () => this.#handled(live);
    live.tail = handled.then(handledSo, handledSo);
    return handled;
  }

  /** What was reserved for a command that came to nothing is free again. */
  #handled(live: LiveTask): void {
    if (!live.isAtWork || this.#live.get(live.task.id) !== live) return;
    this.#contents.release(live);
    this.#contents.settle();
  }

  peek(account: string, taskId: string): Task | undefined {
    const live = this.#live.get(taskId);
    const task = live === undefined ? this.#recent.get(taskId) : shownOf(live);
    return task?.account === account ? task : undefined;
  }

  /** An ended task in memory, of any account. */
  readonly atHand = (taskId: string): SizedTask | undefined => this.#recent.find(taskId);

  /** Keeps a task in memory that was read from the store, if it has ended and is read again. */
  readonly keep = (task: Task, bytes: number): void => {
    if (isFinal(task.state)) this.#recent.offer(task, bytes);
  };

  async get(account: string, taskId: string): Promise<Task> {
    const task = this.peek(account, taskId) ?? (await this.#read(account, taskId));
    if (task) return task;
    throw new DomainError("TaskNotFound", `the task ${taskId} was not found`, { taskId });
  }

  /** What to show of a task that a list has read (see `newestOf`). */
  newest(task: Task): Task | undefined {
    const live = this.#live.get(task.id);
    return live === undefined ? task : newestOf(live, task);
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
    let bytes = 0;
    const task = await this.#store.read(account, taskId, (_, length) => {
      bytes = length;
    });
    if (task === undefined || this.#live.has(taskId)) return;
    if (isFinal(task.state)) return this.#waits.tell(task);
    this.#options.adopted(this.adoptStored(task, bytes));
  }

  async #handleOther(taskId: string, command: TaskCommand | undefined, once?: Once): Promise<Task> {
    // The commit of a new task may be under way: a list can show it before this thread hears of it.
    await this.#new.settled(taskId);
    if (this.#live.has(taskId)) return this.handle(taskId, command, undefined, once);
    if (once !== undefined && (await isRepeat(this.#store, once))) {
      return this.get(once.account, taskId);
    }
    const task = this.#recent.get(taskId);
    if (task === undefined && !this.#isComplete) throw stillStarting(taskId);
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
      const before = live.isParked ? await this.#whole(live) : live.task;
      if (once !== undefined && (await isRepeat(this.#store, once))) return before;
      // What changes nothing now could change something when it is repeated: its token is claimed all the same.
      const append = await appendOf(before, command, resources, this.#options);
      if (append === undefined && once === undefined) return before;
      const claiming = append ?? nothingOf(before);
      const done = await this.#write(live, once ? { ...claiming, token: once.claim } : claiming);
      if (done !== undefined) return done;
    }
    throw tooManyConflicts(`task ${live.task.id}`);
  }

  /** Resolves with the task once the append is written; undefined: something else came first. */
  async #write(live: LiveTask, append: Append): Promise<Task | undefined> {
    fault("before-append");
    const result = await this.#store.append(append).catch((error) => error);
    if (result instanceof Error) return this.#ifWritten(live, append, result);
    fault("after-append");
    if (result.outcome === "version-conflict") await this.#reload(live);
    if (result.outcome !== "appended") return undefined;
    const { task, events } = append;
    if (events.length === 0) return task;
    this.#change(live, task, events, result.bytes);
    this.#committed(task, events, result);
    return task;
  }

  /** After a failed append: the task if it was written nevertheless. */
  async #ifWritten(live: LiveTask, append: Append, error: Error): Promise<Task | undefined> {
    const { news, task } = await this.#catchUp(live);
    const [first] = news;
    if (first === undefined) throw error;
    // The events found may be of another process that has died: what it sent can arrive this late.
    return isFrom(append, first) ? task : undefined;
  }

  /** Reads the log after a failed append. If that fails too, it is repeated later, and the executor is told then. */
  async #catchUp(live: LiveTask): Promise<CaughtUp> {
    try {
      return await this.#reload(live);
    } catch {
      live.inDoubt = true;
      this.#options.retry.later(() => {
        live.tail = live.tail.then(() => this.#catchUp(live));
      });
      return { news: [], task: undefined };
    }
  }

  /** The content of a parked task, which is in memory again from now on. @throws DomainError `StoreUnavailable` */
  async #whole(live: LiveTask): Promise<Task> {
    const { account, id } = live.task;
    const task = await this.#store.read(account, id);
    // Another command or reader may have filled it meanwhile.
    if (!live.isParked) return live.task;
    if (task?.version === live.task.version) {
      this.#contents.fill(live, task);
      this.#contents.settle();
      return task;
    }
    const { task: now } = await this.#reload(live);
    if (now !== undefined) return now;
    const message = `the log of task ${id} was not found; check the store with taskscribe verify`;
    throw new DomainError("StoreUnavailable", message, { taskId: id });
  }

  /** Applies events of the log that this process does not know. Resolves with them. */
  async #reload(live: LiveTask): Promise<CaughtUp> {
    const found = await catchUp(this.#store, live, ({ recorded: { events, position }, task }) => {
      const bytes = live.bytes + jsonLength(events);
      this.#change(live, task, events, bytes);
      this.#committed(task, events, { position, bytes });
    });
    const { task } = found;
    if (task !== undefined && live.isParked && task.version === live.task.version) {
      this.#contents.fill(live, task);
      this.#contents.settle();
    }
    live.inDoubt = false;
    return found;
  }

  #change(live: LiveTask, task: Task, events: readonly TaskEvent[], bytes: number): void {
    live.seen = undefined;
    if (live.isDormant) live.isDormant = !events.some(beginsAttempt);
    this.#contents.change(live, task, bytes);
  }

  #committed(
    task: Task,
    events: readonly TaskEvent[],
    { position, bytes }: Pick<Appended, "position" | "bytes">,
  ): void {
    const ended = isFinal(task.state);
    if (ended) {
      this.#recent.add(task, bytes);
      const live = this.#live.get(task.id);
      if (live !== undefined) this.#contents.remove(live);
      this.#live.delete(task.id);
    }
    this.#options.committed(task, events, position);
    if (ended) this.#waits.tell(task);
    this.#contents.settle();
  }

  async #read(account: string, taskId: string): Promise<Task | undefined> {
    const wasOpen = this.#live.has(taskId);
    const task = await this.#store.read(account, taskId, this.keep);
    if (task === undefined) return this.#readImported(account, taskId);
    // What was read may be older than what others have been shown meanwhile.
    const live = this.#live.get(taskId);
    if (live === undefined) return wasOpen ? this.get(account, taskId) : task;
    if (live.isParked && task.version === live.task.version) {
      this.#contents.fill(live, task);
      this.#contents.settle();
      return task;
    }
    return this.newest(task) ?? this.get(account, taskId);
  }

  /** The task that was imported under this old id, so that clients that poll the old id still find it. */
  async #readImported(account: string, origin: string): Promise<Task | undefined> {
    const known = await this.#store.findToken(account, IMPORT_SCOPE, origin);
    if (known === undefined) return undefined;
    return this.peek(account, known.taskId) ?? this.#store.read(account, known.taskId);
  }
}
