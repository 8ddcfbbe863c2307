import type { TaskCommand } from "../../src/core/commands.ts";
import { decide } from "../../src/core/decide.ts";
import { DomainError } from "../../src/core/errors.ts";
import type { TaskEvent } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { Resource, ResourceQuery, ResourceReader } from "../../src/core/resource.ts";
import type { Task, TaskDraft } from "../../src/core/task.ts";
import type { Diagnosis } from "../../src/engine/health.ts";
import type {
  Caller,
  ControlRequest,
  ImportRequest,
  RetryRequest,
  Signal,
  SubmitRequest,
  Submitted,
  TaskService,
} from "../../src/engine/task-service.ts";
import type {
  RecordedEvents,
  TaskCount,
  TaskFilter,
  TaskPage,
  TaskQuery,
} from "../../src/store/store.ts";

/** A call that reached the service, for tests that look at what a dialect handed over. */
export interface ServiceCall {
  readonly method: "startOperation" | "query" | "submit";
  readonly product: string;
  readonly action: string;
  readonly parameters: JsonObject;
  readonly caller: Caller;
  readonly token?: string | undefined;
}

export interface FakeServiceOptions {
  /** The stored events of each task. */
  readonly logs?: readonly (readonly TaskEvent[])[];
  /** Added to what every operation and query replies. */
  readonly reply?: JsonObject;
  /** Every call rejects with this. */
  readonly failure?: unknown;
  readonly resources?: readonly Resource[];
  /** Tasks are not at hand: describes have to read. */
  readonly cold?: boolean;
}

/** A TaskService over folded events and the real rules of the core, without store, executor and clock. */
export class FakeTaskService implements TaskService {
  readonly calls: ServiceCall[] = [];
  readonly logEpochs = [{ id: "00000000", beginsAfter: 0 }];
  ready = true;
  starting = false;
  readonly #tasks = new Map<string, Task>();
  readonly #options: FakeServiceOptions;
  #made = 0;
  #now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

  constructor(options: FakeServiceOptions = {}) {
    this.#options = options;
    for (const events of options.logs ?? []) this.put(fold(events));
  }

  put(task: Task): void {
    this.#tasks.set(task.id, task);
  }

  peek(account: string, taskId: string): Task | undefined {
    if (this.#options.failure !== undefined || this.#options.cold) return undefined;
    return this.#owned(account, taskId);
  }

  async get(account: string, taskId: string): Promise<Task> {
    this.#fail();
    const task = this.#owned(account, taskId);
    if (task) return task;
    throw new DomainError("TaskNotFound", `task ${taskId} does not exist`, { taskId });
  }

  async diagnose(account: string, taskId: string): Promise<Diagnosis> {
    await this.get(account, taskId);
    return this.health();
  }

  health(): Diagnosis {
    return { health: "moving", retries: 0, reasons: [] };
  }

  async submit(request: SubmitRequest, caller: Caller): Promise<Task> {
    this.#fail();
    const { product = "native", type, input } = request;
    this.calls.push({ method: "submit", product, action: type, parameters: input, caller });
    const { target = { type: "task", id: "-" }, attributes = {}, priority = 5 } = request;
    const task = this.#start({
      ...draft(product, type, caller),
      input,
      target,
      attributes,
      priority,
    });
    return task;
  }

  async submitWithOutcome(request: SubmitRequest, caller: Caller): Promise<Submitted> {
    return { task: await this.submit(request, caller), outcome: "submitted" };
  }

  async findByToken(_account: string, token: string): Promise<Task> {
    throw new DomainError("TaskNotFound", "no such token", { token });
  }

  async importTask(
    log: readonly TaskEvent[],
    _caller: Caller,
    { accept }: ImportRequest = {},
  ): Promise<Task> {
    const task = fold(log);
    await accept?.(task);
    this.put(task);
    return task;
  }

  async retry(account: string, taskId: string, { by, reason }: RetryRequest): Promise<Task> {
    const old = await this.get(account, taskId);
    const made = draft(old.product, old.type, { account, requestId: "-", actor: by });
    return this.#start({ ...made, input: old.input, forkOf: { taskId, by, reason } });
  }

  async startOperation(
    product: string,
    action: string,
    parameters: JsonObject,
    caller: Caller,
    token?: string,
  ) {
    this.#fail();
    this.calls.push({ method: "startOperation", product, action, parameters, caller, token });
    const task = this.#start(draft(product, action, caller));
    return { task, reply: this.#options.reply ?? {} };
  }

  async query(product: string, action: string, parameters: JsonObject, caller: Caller) {
    this.#fail();
    this.calls.push({ method: "query", product, action, parameters, caller });
    return this.#options.reply ?? {};
  }

  async list(query: TaskQuery): Promise<TaskPage> {
    this.#fail();
    const all = [...this.#tasks.values()].reverse().filter((task) => matches(task, query));
    const from = query.cursor === undefined ? (query.skip ?? 0) : Number(query.cursor);
    if (!Number.isInteger(from)) {
      throw new DomainError("InvalidParameter", "no such cursor", { parameter: "cursor" });
    }
    const tasks = all.slice(from, from + query.limit);
    const end = from + query.limit;
    return end < all.length ? { tasks, next: String(end) } : { tasks };
  }

  async count(filter: TaskFilter, most: number): Promise<number> {
    this.#fail();
    return [...this.#tasks.values()].filter((task) => matches(task, filter)).slice(0, most).length;
  }

  async counts(account: string): Promise<readonly TaskCount[]> {
    const counts = new Map<string, TaskCount>();
    for (const { product, type, state, ...task } of this.#tasks.values()) {
      if (task.account !== account) continue;
      const key = `${product} ${type} ${state}`;
      counts.set(key, { product, type, state, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return [...counts.values()];
  }

  async events(): Promise<readonly RecordedEvents[]> {
    return [];
  }

  async lastPosition(): Promise<number> {
    return 0;
  }

  isNext(position: number, next: number): boolean {
    return next === position + 1;
  }

  cancel(account: string, taskId: string, control: ControlRequest): Promise<Task> {
    const at = this.#now;
    return this.#decide(account, taskId, { type: "CancelTask", at, deadline: at, ...control });
  }

  pause(account: string, taskId: string, control: ControlRequest): Promise<Task> {
    return this.#decide(account, taskId, { type: "PauseTask", at: this.#now, ...control });
  }

  resume(account: string, taskId: string, control: ControlRequest): Promise<Task> {
    return this.#decide(account, taskId, { type: "ResumeTask", at: this.#now, ...control });
  }

  signal(account: string, taskId: string, signal: Signal): Promise<Task> {
    return this.#decide(account, taskId, { type: "SignalTask", at: this.#now, ...signal });
  }

  resources(): ResourceReader {
    const all = this.#options.resources ?? [];
    return {
      get: async (kind, id) => all.find((entry) => entry.kind === kind && entry.id === id),
      list: async (query: ResourceQuery) => all.filter(({ kind }) => kind === query.kind),
    };
  }

  types() {
    return [];
  }

  async #decide(account: string, taskId: string, command: TaskCommand): Promise<Task> {
    const task = await this.get(account, taskId);
    const events = decide(task, command);
    if (events instanceof DomainError) throw events;
    const changed = events.length > 0 ? fold(events, task) : task;
    this.put(changed);
    return changed;
  }

  #start(request: Omit<TaskDraft, "id">): Task {
    this.#now += 1;
    this.#made += 1;
    const task = { ...request, id: `${request.product}-${this.#made}` };
    const started = fold([{ type: "TaskSubmitted", at: this.#now, task }]);
    this.put(started);
    return started;
  }

  #owned(account: string, taskId: string): Task | undefined {
    const task = this.#tasks.get(taskId);
    return task?.account === account ? task : undefined;
  }

  #fail(): void {
    if (this.#options.failure !== undefined) throw this.#options.failure;
  }
}

function draft(product: string, type: string, caller: Caller): Omit<TaskDraft, "id"> {
  return {
    account: caller.account,
    product,
    type,
    input: {},
    target: { type: "cluster", id: "c1" },
    attributes: {},
    steps: [{ name: "only", after: [], weight: 1, maxAttempts: 1 }],
    priority: 5,
    requestId: caller.requestId,
    actor: caller.actor,
  };
}

function matches(task: Task, query: TaskFilter): boolean {
  return (
    task.account === query.account &&
    (query.product === undefined || task.product === query.product) &&
    (query.type === undefined || task.type === query.type) &&
    (query.states === undefined || query.states.includes(task.state)) &&
    (query.targetId === undefined || task.target.id === query.targetId) &&
    (query.forkOf === undefined || task.forkOf?.taskId === query.forkOf) &&
    (query.parentId === undefined || task.parent?.taskId === query.parentId)
  );
}
