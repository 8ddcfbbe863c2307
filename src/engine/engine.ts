import type { Clock } from "../clock.ts";
import { DomainError } from "../core/errors.ts";
import type { TaskEvent } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { ResourceReader } from "../core/resource.ts";
import { isFinal, type Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { fault } from "../fault-points.ts";
import type { Log } from "../log.ts";
import type {
  ArchivedTask,
  EventQuery,
  Position,
  Store,
  TaskFilter,
  TaskPage,
  TaskQuery,
} from "../store/store.ts";
import { type AdmissionBounds, admitLive } from "./admission.ts";
import { DEFAULT_LIMITS } from "./bounds/limits.ts";
import type { Catalog } from "./catalog.ts";
import { ControlCommands } from "./control-commands.ts";
import { Durations } from "./durations.ts";
import type { Executor, ExecutorHost, Load, Observation } from "./executor.ts";
import { Fingerprints } from "./fingerprints.ts";
import { checkEnded, forkOf } from "./forks.ts";
import { type Diagnosis, diagnose } from "./health.ts";
import { type ImportHost, takeIn } from "./imports.ts";
import { learnFrom, readLog } from "./memory/learning.ts";
import { LiveTasks } from "./memory/live-tasks.ts";
import { ResourceBuffer } from "./memory/resource-buffer.ts";
import { StoreRetry } from "./memory/store-retry.ts";
import { Recovery, readOpen } from "./recovery.ts";
import { Archiver, type Retention } from "./retention.ts";
import { type Sealer, TaskSecrets } from "./secrets.ts";
import { Submissions } from "./submissions.ts";
import type {
  Caller,
  ControlRequest,
  ImportRequest,
  RetryRequest,
  Signal,
  SubmitRequest,
  Submitted,
  TaskService,
} from "./task-service.ts";

const DEFAULT_SILENT_AFTER_MS = 5 * 60_000;
/** At most twice as many tasks are kept, of some 6 KB each with their rendered answers: 20 MB. */
const DEFAULT_RECENT_TASKS = 1_500;
/**
 * The tasks of a page up to this size are kept in memory. Longer pages, which programs read, would replace all of them.
 */
const KEPT_PAGE = 100;

export interface EngineOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly executor: (host: ExecutorHost) => Executor;
  /** How many ended tasks are kept in memory (see `RecentTasks`). */
  readonly recentTasks?: number;
  /** A running step is silent after this many ms without a report or heartbeat. Default 5 minutes. */
  readonly silentAfterMs?: number;
  readonly limits?: Partial<AdmissionBounds>;
  /** Encrypts secrets in stored tasks. Default: secrets are stored in clear, for an engine without a data directory. */
  readonly sealer?: Sealer;
  /** Default: ended tasks stay for ever. */
  readonly retention?: Retention;
}

export type CommitListener = (task: Task, events: readonly TaskEvent[], position: Position) => void;

export type ArchiveListener = (tasks: readonly ArchivedTask[]) => void;

/**
 * The only writer of tasks: it handles a command by reading, deciding and appending, and starts again if another change
 * came first. It tells the executor and the listeners after the commit, never before.
 */
export class Engine implements TaskService {
  readonly #options: EngineOptions;
  readonly #store: Store;
  readonly #executor: Executor;
  readonly #tasks: LiveTasks;
  readonly #listeners = new Set<CommitListener>();
  readonly #archiveListeners = new Set<ArchiveListener>();
  readonly #durations = new Durations();
  readonly #submissions: Submissions;
  readonly #commands: ControlCommands;
  readonly #imports: ImportHost;
  readonly #archiver: Archiver;
  readonly #retry: StoreRetry;
  readonly #recovery: Recovery;
  readonly #secrets: TaskSecrets;
  #ready = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#retry = new StoreRetry(options.clock);
    const secrets = new TaskSecrets(options.sealer);
    this.#secrets = secrets;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#tasks = new LiveTasks({
      ...options,
      typeOf: (task) => this.#typeOf(task),
      admit: (task, command, type = this.#typeOf(task)) => {
        const told = secrets.hideTexts(task, command);
        const taken = admitLive(secrets.openTask(task), told, type, limits);
        return secrets.sealOutputs(task, taken, type);
      },
      secrets,
      reserve: (task) => this.#executor.reserve(task),
      release: (task) => this.#executor.release(task),
      adopted: (task) => this.#executor.adopt(task),
      committed: (task, events, position) => {
        this.#executor.committed(task, events);
        this.#recovery.ended(task);
        if (task.state === "succeeded") this.#durations.succeeded(task);
        for (const listener of this.#listeners) listener(task, events, position);
      },
      taken: (task, events, position) => {
        for (const listener of this.#listeners) listener(task, events, position);
        if (!isFinal(task.state)) this.#executor.adopt(task);
      },
      recentTasks: options.recentTasks ?? DEFAULT_RECENT_TASKS,
      retry: this.#retry,
    });
    const typeOf = (task: Task) => this.#typeOf(task);
    const [tasks, retry] = [this.#tasks, this.#retry];
    this.#recovery = new Recovery({ ...options, tasks, retry, typeOf });
    this.#archiver = new Archiver({
      retention: {},
      ...options,
      archived: (tasks) => {
        for (const listener of this.#archiveListeners) listener(tasks);
      },
    });
    const fingerprints = new Fingerprints(options.sealer);
    this.#submissions = new Submissions({
      ...{ ...options, limits, secrets, tasks, retry, fingerprints },
    });
    this.#imports = { ...options, secrets, submissions: this.#submissions, tasks, fingerprints };
    this.#commands = new ControlCommands({ ...options, tasks, secrets, fingerprints, typeOf });
    this.#executor = options.executor({
      clock: options.clock,
      random: options.random,
      log: options.log,
      typeOf: (task) => options.catalog.find(task.product, task.type),
      handle: (taskId, command, resources) => this.#tasks.handle(taskId, command, resources),
      submitSubtask: (parent, step, request) => this.#submissions.subtask(parent, step, request),
      ended: (taskId, account) => this.#tasks.ended(taskId, account),
      resourceBuffer: (account) => new ResourceBuffer(this.#store, account),
      secrets,
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** The number of open tasks in memory, for metrics. */
  get openTasks(): number {
    return this.#tasks.size;
  }

  /** How often an ended task was found in memory, and how often not, for metrics. */
  get cache(): { readonly hits: number; readonly misses: number } {
    return this.#tasks.cache;
  }

  get load(): Load {
    return this.#executor.load(this.#options.silentAfterMs ?? DEFAULT_SILENT_AFTER_MS);
  }

  /** Adopts every open task, oldest first; those that were running continue. */
  async start(): Promise<void> {
    const open = await readOpen(this.#store);
    for (const task of open) {
      this.#tasks.adopt(task);
      this.#recovery.note(task);
    }
    // Tasks that had started come first, because they hold slots and concurrency keys.
    const begun = open.filter((task) => task.state !== "pending");
    for (const task of begun) this.#executor.adopt(task);
    for (const task of open) if (task.state === "pending") this.#executor.adopt(task);
    fault("before-recover");
    this.#ready = true;
    const runnable = begun.filter((task) => this.#typeOf(task) !== undefined);
    await this.#recovery.recoverAll(runnable);
    await this.#recovery.endOrphans();
    await Promise.all(open.map((task) => this.#submissions.supersede(task)));
    this.#archiver.start();
    if (open.length > 0) this.#options.log.info({ tasks: open.length }, "open tasks go on");
  }

  /** Accepts no more commands, lets running attempts end for up to `drainMs`, then closes the store. */
  async stop(drainMs: number): Promise<void> {
    if (!this.#ready) return;
    this.#ready = false;
    fault("in-stop");
    this.#retry.stop();
    await this.#archiver.stop();
    await this.#executor.stop(drainMs);
    await this.#tasks.settled();
    await this.#store.close();
  }

  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back with the tasks that retention has moved to the archive. */
  onArchive(listener: ArchiveListener): () => void {
    this.#archiveListeners.add(listener);
    return () => this.#archiveListeners.delete(listener);
  }

  /**
   * Reads what other processes appended after this position: tasks in memory are updated, new tasks are run, and waits
   * for an end resolve. Resolves with the position to continue from.
   */
  learnFrom(after: Position): Promise<Position> {
    return learnFrom(this.#store, this.#tasks, after);
  }

  async submit(request: SubmitRequest, caller: Caller): Promise<Task> {
    return (await this.submitWithOutcome(request, caller)).task;
  }

  async submitWithOutcome(request: SubmitRequest, caller: Caller): Promise<Submitted> {
    this.#refuseUnlessReady();
    return this.#submissions.fromRequest(request, caller);
  }

  async findByToken(
    account: string,
    token: string,
    product: string,
    action = "submit",
  ): Promise<Task> {
    const known = await this.#store.findToken(account, `${product}/${action}`, token);
    if (known) return this.get(account, known.taskId);
    const message = `no task of ${product} was made with the client token "${token}"`;
    throw new DomainError("TaskNotFound", message, { token, product });
  }

  async importTask(
    log: readonly TaskEvent[],
    caller: Caller,
    request: ImportRequest = {},
  ): Promise<Task> {
    this.#refuseUnlessReady();
    const task = await takeIn(log, caller, request, this.#imports);
    // Answers after the start, if nothing holds the task up.
    await this.#tasks.settled(task.id);
    return this.get(caller.account, task.id);
  }

  async startOperation(
    product: string,
    action: string,
    parameters: JsonObject,
    caller: Caller,
    token?: string,
  ): Promise<{ task: Task; reply: JsonObject }> {
    this.#refuseUnlessReady();
    return this.#submissions.operation(product, action, parameters, caller, token);
  }

  async retry(account: string, taskId: string, request: RetryRequest): Promise<Task> {
    this.#refuseUnlessReady();
    const old = await this.get(account, taskId);
    checkEnded(old);
    const [first] = await this.events({ account, taskId: old.id, after: 0, limit: 1 });
    const submitted = first?.events[0];
    const stored = submitted?.type === "TaskSubmitted" ? submitted.task : old;
    const draft = { ...stored, input: this.#secrets.open(stored.input, account) };
    const type = this.#options.catalog.type(old.product, old.type);
    const fork = forkOf(old, draft, type, request);
    const submission = request.caller ? { ...fork, caller: request.caller } : fork;
    return this.#submissions.retry(type, submission, request.token);
  }

  async query(
    product: string,
    action: string,
    parameters: JsonObject,
    caller: Caller,
  ): Promise<JsonObject> {
    const query = this.#options.catalog.query(product, action);
    return query(parameters, {
      account: caller.account,
      now: this.#options.clock.now(),
      resources: this.resources(caller.account),
    });
  }

  peek(account: string, taskId: string): Task | undefined {
    return this.#tasks.peek(account, taskId);
  }

  get(account: string, taskId: string): Promise<Task> {
    return this.#tasks.get(account, taskId);
  }

  async list(query: TaskQuery): Promise<TaskPage> {
    const page = await this.#store.list(query, (id) => this.#tasks.atHand(id));
    if (query.limit <= KEPT_PAGE) for (const task of page.tasks) this.#tasks.keep(task);
    return { ...page, tasks: page.tasks.map((task) => this.#tasks.newest(task)) };
  }

  count(filter: TaskFilter, most: number): Promise<number> {
    return this.#store.count(filter, most);
  }

  counts(account: string) {
    return this.#store.counts(account);
  }

  events(query: EventQuery) {
    return readLog(this.#store, this.#tasks, query);
  }

  get logEpochs() {
    return this.#store.logEpochs;
  }

  lastPosition() {
    return this.#store.lastPosition();
  }

  isNext(position: Position, next: Position) {
    return this.#store.isNext(position, next);
  }

  cancel(account: string, taskId: string, control: ControlRequest): Promise<Task> {
    return this.#commands.control(account, taskId, "cancel", control);
  }

  pause(account: string, taskId: string, control: ControlRequest): Promise<Task> {
    return this.#commands.control(account, taskId, "pause", control);
  }

  resume(account: string, taskId: string, control: ControlRequest): Promise<Task> {
    return this.#commands.control(account, taskId, "resume", control);
  }

  signal(account: string, taskId: string, signal: Signal): Promise<Task> {
    return this.#commands.signal(account, taskId, signal);
  }

  async diagnose(account: string, taskId: string): Promise<Diagnosis> {
    const task = await this.get(account, taskId);
    const observed = isFinal(task.state) ? undefined : await this.#executor.observe(task);
    return this.#diagnosis(task, observed);
  }

  health(task: Task): Diagnosis {
    const observed = isFinal(task.state) ? undefined : this.#executor.observe(task);
    if (!(observed instanceof Promise)) return this.#diagnosis(task, observed);
    observed.catch(() => undefined);
    return this.#diagnosis(task, undefined);
  }

  #diagnosis(task: Task, observation: Observation | undefined): Diagnosis {
    return diagnose(task, {
      now: this.#options.clock.now(),
      hasHandler: this.#typeOf(task) !== undefined,
      observation,
      usualMs: this.#durations.p95(task),
      silentAfterMs: this.#options.silentAfterMs ?? DEFAULT_SILENT_AFTER_MS,
    });
  }

  resources(account: string): ResourceReader {
    return new ResourceBuffer(this.#store, account);
  }

  types() {
    return this.#options.catalog.all();
  }

  #typeOf(task: Task): TaskType | undefined {
    return this.#options.catalog.find(task.product, task.type);
  }

  #refuseUnlessReady(): void {
    if (this.#ready) return;
    const message = "the service is starting or stopping; try again in a moment";
    throw new DomainError("StoreUnavailable", message);
  }
}
