import type { TaskCommand } from "../../src/core/commands.ts";
import { decide } from "../../src/core/decide.ts";
import { DomainError, TerminalError } from "../../src/core/errors.ts";
import type { StepReport } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { OperationPlan, Product, WorldResource } from "../../src/core/product.ts";
import type { Resource, ResourceReader, ResourceWriter } from "../../src/core/resource.ts";
import type { StepContext, SubtaskRequest } from "../../src/core/step-context.ts";
import { isFinal, type Step, type Task } from "../../src/core/task.ts";
import type { TaskType } from "../../src/core/task-type.ts";

/** The moment at which everything in these tests happens: the fake clock stands still. */
export const NOW = Date.UTC(2026, 0, 15, 8, 0, 0, 123);
export const ACCOUNT = "1000000000000001";

/** Resources in memory. Changes are buffered by a writer, and are there after its `commit`. */
export class FakeResources implements ResourceReader {
  readonly #byKey = new Map<string, Resource>();

  constructor(world: readonly WorldResource[] = []) {
    for (const resource of world) this.#put({ ...resource, version: 1 });
  }

  async get(kind: string, id: string): Promise<Resource | undefined> {
    return this.#byKey.get(`${kind}\n${id}`);
  }

  async list({ kind, parent, after, limit }: Parameters<ResourceReader["list"]>[0]) {
    const found = [...this.#byKey.values()]
      .filter((resource) => resource.kind === kind)
      .filter((resource) => parent === undefined || resource.parent === parent)
      .filter((resource) => after === undefined || resource.id > after)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    return limit === undefined ? found : found.slice(0, limit);
  }

  /** Reads see what is committed, never the writer's own changes: handlers must not count on those. */
  writer(): ResourceWriter & { commit(): void } {
    const changes: (() => void)[] = [];
    return {
      get: (kind, id) => this.get(kind, id),
      list: (query) => this.list(query),
      put: (kind, id, data, parent) => {
        changes.push(() => {
          const version = (this.#byKey.get(`${kind}\n${id}`)?.version ?? 0) + 1;
          this.#put({ kind, id, ...(parent !== undefined && { parent }), data, version });
        });
      },
      update: (kind, id, change) => {
        changes.push(() => {
          const old = this.#byKey.get(`${kind}\n${id}`);
          if (old) this.#put({ ...old, data: change(old.data), version: old.version + 1 });
        });
      },
      remove: (kind, id) => {
        changes.push(() => this.#byKey.delete(`${kind}\n${id}`));
      },
      commit: () => {
        for (const change of changes.splice(0)) change();
      },
    };
  }

  /** Everything there is, without versions, to compare. */
  snapshot(): readonly Omit<Resource, "version">[] {
    return [...this.#byKey.values()]
      .map(({ kind, id, parent, data }) => ({ kind, id, ...(parent && { parent }), data }))
      .sort((one, other) => (`${one.kind} ${one.id}` < `${other.kind} ${other.id}` ? -1 : 1));
  }

  #put(resource: Resource): void {
    this.#byKey.set(`${resource.kind}\n${resource.id}`, structuredClone(resource));
  }
}

/** What goes wrong in a step, once `after` of its waits (sleeps and sub tasks) have passed. */
export interface Interference {
  readonly step: string;
  readonly after?: number;
  readonly how: "cancel" | "fail";
}

export interface Options {
  readonly interference?: Interference;
  /** Every step begins twice: its first attempt dies with the process just before it is recorded. */
  readonly everyStepTwice?: boolean;
}

/** Numbers that look random and are the same in every run. */
export function fakeRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A small world of one product: starts its operations and runs its tasks with the rules of the core. */
export class FakeCloud {
  readonly resources: FakeResources;
  /** How long each task that ended slept, step by step; of sub tasks the longest counts. */
  readonly slept = new WeakMap<Task, ReadonlyMap<string, number>>();
  readonly #product: Product;
  readonly #random = fakeRandom();
  #count = 0;

  constructor(product: Product, world: readonly WorldResource[] = product.world) {
    this.#product = product;
    this.resources = new FakeResources(world);
  }

  /** Calls an operation; its changes are there afterwards, its task is not run yet. */
  async plan(action: string, parameters: JsonObject): Promise<OperationPlan> {
    const operation = this.#product.operations[action];
    if (operation === undefined) throw new TypeError(`no operation ${action}`);
    const resources = this.resources.writer();
    const requestId = "00000000-0000-4000-8000-000000000000";
    const context = { account: ACCOUNT, now: NOW, requestId, resources, random: this.#random };
    const plan = await operation(parameters, context);
    resources.commit();
    return plan;
  }

  async query(action: string, parameters: JsonObject = {}): Promise<JsonObject> {
    const query = this.#product.queries[action];
    if (query === undefined) throw new TypeError(`no query ${action}`);
    return query(parameters, { account: ACCOUNT, now: NOW, resources: this.resources });
  }

  /** Calls an operation and runs its task to the end. */
  async start(action: string, parameters: JsonObject, options: Options = {}): Promise<Task> {
    return this.run(await this.plan(action, parameters), options);
  }

  totalMs(task: Task): number {
    return [...(this.slept.get(task)?.values() ?? [])].reduce((sum, ms) => sum + ms, 0);
  }

  async run(plan: Omit<OperationPlan, "whenBusy">, options: Options = {}): Promise<Task> {
    const type = this.#product.types.find((candidate) => candidate.type === plan.type);
    if (type === undefined) throw new TypeError(`no task type ${plan.type}`);
    const id = `task-${++this.#count}`;
    const run = new FakeRun(this, type, id, plan, options);
    const task = await run.toTheEnd();
    this.slept.set(task, run.slept);
    return task;
  }
}

class FakeRun {
  readonly slept = new Map<string, number>();
  readonly #cloud: FakeCloud;
  readonly #type: TaskType;
  readonly #options: Options;
  readonly #subtasks = new Map<string, Promise<Task>>();
  #waits = new Map<string, number>();
  #task: Task;

  constructor(
    cloud: FakeCloud,
    type: TaskType,
    id: string,
    plan: Omit<OperationPlan, "whenBusy">,
    options: Options,
  ) {
    this.#cloud = cloud;
    this.#type = type;
    this.#options = options;
    const draft = {
      id,
      account: ACCOUNT,
      product: "fake",
      type: type.type,
      input: plan.input,
      target: plan.target,
      attributes: plan.attributes ?? {},
      steps: type.plan,
      priority: plan.priority ?? 5,
    };
    const submit: TaskCommand = { type: "SubmitTask", at: NOW, task: draft };
    this.#task = fold(decided(undefined, submit));
  }

  async toTheEnd(): Promise<Task> {
    this.#command({ type: "StartTask", at: NOW });
    for (let step = this.#next(); step !== undefined; step = this.#next()) await this.#run(step);
    const resources = this.#cloud.resources.writer();
    await this.#type.onEnd?.(this.#task, resources);
    resources.commit();
    return this.#task;
  }

  #next(): Step | undefined {
    return isFinal(this.#task.state)
      ? undefined
      : this.#task.steps.find((step) => step.state === "running");
  }

  #command(command: TaskCommand): void {
    this.#task = fold(decided(this.#task, command), this.#task);
  }

  async #run(step: Step): Promise<void> {
    if (this.#options.everyStepTwice) {
      await this.#attempt(step, this.#cloud.resources.writer());
      this.#waits = new Map();
    }
    const resources = this.#cloud.resources.writer();
    const about = { at: NOW, step: step.name, attempt: step.attempt };
    try {
      const outputs = await this.#attempt(step, resources);
      resources.commit();
      this.#command({ type: "CompleteStep", ...about, ...(outputs && { report: { outputs } }) });
    } catch (error) {
      if (error instanceof CanceledHere) return this.#abandonAll();
      if (!(error instanceof Error)) throw error;
      const terminal = error instanceof TerminalError;
      const code = terminal ? error.code : error.name;
      const failure = { code, message: error.message, terminal: true };
      this.#command({ type: "FailStep", ...about, failure, retryAt: NOW });
      if (!terminal) throw error;
    }
  }

  #abandonAll(): void {
    const cancel = { by: "test", reason: "test", deadline: NOW + 1_000 };
    this.#command({ type: "CancelTask", at: NOW, ...cancel });
    for (let step = this.#next(); step !== undefined; step = this.#next()) {
      this.#command({ type: "AbandonStep", at: NOW, step: step.name, attempt: step.attempt });
    }
  }

  async #attempt(step: Step, resources: ResourceWriter): Promise<JsonObject | undefined> {
    const runnable = this.#type.steps.get(step.name);
    if (runnable === undefined) throw new TypeError(`no step ${step.name}`);
    return (await runnable.run(this.#task.input, this.#context(step, resources))) ?? undefined;
  }

  #context(step: Step, resources: ResourceWriter): StepContext {
    const report = (content: StepReport) => {
      const about = { at: NOW, step: step.name, attempt: step.attempt };
      this.#command({ type: "ReportStep", ...about, report: content });
    };
    const task = () => this.#task;
    return {
      taskId: this.#task.id,
      account: ACCOUNT,
      step: step.name,
      attempt: step.attempt,
      idempotencyKey: `${this.#task.id}/${step.name}`,
      get attributes() {
        return task().attributes;
      },
      get outputs() {
        return task().outputs;
      },
      signal: new AbortController().signal,
      now: () => NOW,
      progress: (progress) => report({ progress }),
      message: (message) => report({ message }),
      notice: (notice) =>
        report({ notices: [{ level: "Normal", source: "ACK", ...notice, at: NOW }] }),
      item: (id, status, message) =>
        report({ items: [{ id, status, ...(message !== undefined && { message }) }] }),
      output: (name, value) => report({ outputs: { [name]: value } }),
      attribute: (name, value) => report({ attributes: { [name]: value } }),
      sleep: async (ms) => {
        this.#wait(step.name);
        this.slept.set(step.name, (this.slept.get(step.name) ?? 0) + ms);
      },
      subtask: async (request) => {
        this.#wait(step.name);
        const ended = await this.#subtask(step, request);
        const longest = Math.max(this.slept.get(step.name) ?? 0, this.#cloud.totalMs(ended));
        this.slept.set(step.name, longest);
        const { id, type, state, message = "", createdAt, updatedAt } = ended;
        report({ subtasks: [{ id, type, state, message, createdAt, updatedAt }] });
        return ended;
      },
      approval: async () => ({ by: "test", reason: "-", data: {} }),
      heartbeat: () => {},
      resources,
    };
  }

  #wait(step: string): void {
    const passed = this.#waits.get(step) ?? 0;
    this.#waits.set(step, passed + 1);
    const { interference } = this.#options;
    if (interference?.step !== step || passed < (interference.after ?? 0)) return;
    if (interference.how === "cancel") throw new CanceledHere();
    throw new TerminalError("InjectedFailure", `step ${step}: failed by the test`);
  }

  #subtask(step: Step, request: SubtaskRequest): Promise<Task> {
    const key = `${step.name}/${request.key}`;
    const target = request.target ?? { type: "none", id: request.key };
    const started = this.#subtasks.get(key) ?? this.#cloud.run({ ...request, target });
    this.#subtasks.set(key, started);
    return started;
  }
}

/** Stands for the abort reason. */
class CanceledHere extends Error {}

function decided(task: Task | undefined, command: TaskCommand) {
  const decision = decide(task, command);
  if (decision instanceof DomainError) throw decision;
  return decision;
}
