import { type Budgets, DEFAULT_BUDGETS } from "../budgets.ts";
import { DomainError } from "../core/errors.ts";
import type { TaskEvent } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { ResourceReader } from "../core/resource.ts";
import { isFinal, type Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { fault } from "../fault-points.ts";
import type {
  EventQuery,
  Position,
  Store,
  TaskFilter,
  TaskPage,
  TaskQuery,
} from "../store/store.ts";
import { admitLive } from "./admission.ts";
import { DEFAULT_LIMITS } from "./bounds/limits.ts";
import { ControlCommands } from "./control-commands.ts";
import { Durations } from "./durations.ts";
import type { ArchiveListener, CommitListener, EngineOptions, Executor, Load } from "./executor.ts";
import { Fingerprints } from "./fingerprints.ts";
import { checkEnded, forkOf } from "./forks.ts";
import { Diagnoses, type Diagnosis } from "./health.ts";
import { type ImportHost, takeIn } from "./imports.ts";
import { learnFrom, readLog } from "./memory/learning.ts";
import { LiveTasks } from "./memory/live-tasks.ts";
import { enqueueAll, takeOver } from "./memory/opening.ts";
import { ResourceBuffer } from "./memory/resource-buffer.ts";
import { StoreRetry } from "./memory/store-retry.ts";
import { Recovery } from "./recovery.ts";
import { Archiver } from "./retention.ts";
import { TaskSecrets } from "./secrets.ts";
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
/**
 * The tasks of a page up to this size are kept in memory. Longer pages, which programs read, would replace all of them.
 */
const KEPT_PAGE = 100;

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
  readonly #diagnoses: Diagnoses;
  readonly #secrets: TaskSecrets;
  readonly #budgets: Budgets;
  #ready = false;
  #wasReady = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#retry = new StoreRetry(options.clock);
    const secrets = new TaskSecrets(options.sealer);
    this.#secrets = secrets;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#budgets = { ...DEFAULT_BUDGETS, ...options.budgets };
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
      parked: (outline) => this.#executor.parked?.(outline),
      roomAgain: () => this.#roomAgain(),
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
      budgets: this.#budgets,
      retry: this.#retry,
    });
    const [tasks, retry] = [this.#tasks, this.#retry];
    const fingerprints = new Fingerprints(options.sealer);
    const typeOf = (task: Task) => this.#typeOf(task);
    const parts = { ...options, limits, secrets, tasks, retry, fingerprints, typeOf };
    this.#diagnoses = new Diagnoses({
      ...parts,
      executor: () => this.#executor,
      durations: this.#durations,
      silentAfterMs: this.#silentAfterMs,
    });
    this.#recovery = new Recovery(parts);
    this.#archiver = new Archiver({
      retention: {},
      ...options,
      archived: (archived) => {
        for (const listener of this.#archiveListeners) listener(archived);
      },
    });
    this.#submissions = new Submissions(parts);
    this.#imports = { ...parts, submissions: this.#submissions };
    this.#commands = new ControlCommands(parts);
    this.#executor = options.executor({
      clock: options.clock,
      random: options.random,
      log: options.log,
      typeOf: (task) => options.catalog.find(task.product, task.type),
      handle: (taskId, command, resources) => this.#tasks.handle(taskId, command, resources),
      room: this.#tasks.room,
      submitSubtask: (parent, step, request) => this.#submissions.subtask(parent, step, request),
      ended: (taskId, account) => this.#tasks.ended(taskId, account),
      resourceBuffer: (account) => new ResourceBuffer(this.#store, account),
      secrets,
    });
  }

  get ready(): boolean {
    return this.#ready;
  }

  get starting(): boolean {
    return !this.#wasReady;
  }

  /** The number of open tasks in memory, for metrics. */
  get openTasks(): number {
    return this.#tasks.size;
  }

  /** What tasks hold in memory, in bytes of their rows, for metrics. */
  get held(): LiveTasks["held"] {
    return this.#tasks.held;
  }

  /** How often an ended task was found in memory, and how often not, for metrics. */
  get cache(): { readonly hits: number; readonly misses: number } {
    return this.#tasks.cache;
  }

  get load(): Load {
    return this.#executor.load(this.#silentAfterMs);
  }

  get #silentAfterMs(): number {
    return this.#options.silentAfterMs ?? DEFAULT_SILENT_AFTER_MS;
  }

  /** Adopts every open task, oldest first; those that were running continue. */
  async start(): Promise<void> {
    const [store, tasks, recovery] = [this.#store, this.#tasks, this.#recovery];
    const adopt = (task: Task) => this.#executor.adopt(task);
    const open = await takeOver({ store, tasks, adopt, note: (task) => recovery.note(task) });
    fault("before-recover");
    // Those that had begun have the slots, and so the room in memory.
    const recovered = recovery.recoverAll(open.begun.filter((task) => this.#typeOf(task)));
    const superseding = await enqueueAll(open.pending, { tasks, adopt });
    [this.#ready, this.#wasReady] = [true, true];
    tasks.complete();
    await recovered;
    await recovery.endOrphans();
    await Promise.all(superseding.map((task) => this.#submissions.supersede(task)));
    this.#archiver.start();
    if (open.count > 0) this.#options.log.info({ tasks: open.count }, "open tasks go on");
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
    const { catalog, clock } = this.#options;
    const [{ account }, now] = [caller, clock.now()];
    const query = catalog.query(product, action);
    return query(parameters, { account, now, resources: this.resources(account) });
  }

  peek(account: string, taskId: string): Task | undefined {
    return this.#tasks.peek(account, taskId);
  }

  get(account: string, taskId: string): Promise<Task> {
    return this.#tasks.get(account, taskId);
  }

  async list(query: TaskQuery): Promise<TaskPage> {
    const keep = query.limit <= KEPT_PAGE ? this.#tasks.keep : undefined;
    const asked = { bytes: this.#budgets.listPageBytes, ...query };
    const page = await this.#store.list(asked, this.#tasks.atHand, keep);
    const shown = page.tasks.map(
      (task) => this.#tasks.newest(task) ?? this.get(task.account, task.id),
    );
    return { ...page, tasks: await Promise.all(shown) };
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
    return this.#diagnoses.of(await this.get(account, taskId));
  }

  health(task: Task): Diagnosis {
    return this.#diagnoses.atOnce(task);
  }

  resources(account: string): ResourceReader {
    return new ResourceBuffer(this.#store, account);
  }

  types() {
    return this.#options.catalog.all();
  }

  #roomAgain(): void {
    this.#recovery.roomAgain();
    this.#executor.roomAgain?.();
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
