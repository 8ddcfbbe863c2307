import { checkDefinition } from "./check-definition.ts";
import { DomainError } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";
import { checkPlan } from "./plan.ts";
import type { ResourceReader, ResourceWriter } from "./resource.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry-policy.ts";
import type { Item, Notice, PlannedStep, Target, Task } from "./task.ts";

/** Who approved, why, and what they sent along. */
export interface Approved {
  readonly by: string;
  readonly reason: string;
  readonly data: JsonObject;
}

export interface SubtaskRequest {
  /** Names the subtask within its step: a repeated attempt finds the one it made before. */
  readonly key: string;
  readonly type: string;
  readonly input: JsonObject;
  readonly target?: Target;
  readonly attributes?: JsonObject;
}

/** What a step's handler can do. Reports are recorded soon after, in order, and at the latest with the step's end. */
export interface StepContext {
  readonly taskId: string;
  readonly account: string;
  readonly step: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The same in every attempt of this step of this task: give it to systems that must not act twice. */
  readonly idempotencyKey: string;
  readonly attributes: JsonObject;
  /** Outputs of the task so far. */
  readonly outputs: JsonObject;
  /** Aborted on cancel, timeout, expiry, failure elsewhere and shutdown. */
  readonly signal: AbortSignal;
  /** ms since the epoch, on the engine's clock. */
  now(): number;
  /** Progress of this step in basis points, 0 to 10 000; falling values are ignored. */
  progress(basisPoints: number): void;
  message(text: string): void;
  notice(
    notice: Omit<Notice, "at" | "source" | "level"> & Partial<Pick<Notice, "source" | "level">>,
  ): void;
  item(id: string, status: Item["status"], message?: string): void;
  output(name: string, value: Json): void;
  /** Changes a fact that dialects show (see `Task.attributes`). */
  attribute(name: string, value: Json): void;
  /** Says that the step is alive, and nothing else (see `StepDefinition.heartbeatMs`). */
  heartbeat(): void;
  /** Waits on the engine's clock. @throws the abort reason when the signal fires. */
  sleep(ms: number): Promise<void>;
  /** Runs another task inside this step and waits for its end; the caller judges its state. */
  subtask(request: SubtaskRequest): Promise<Task>;
  /**
   * Waits until somebody outside approves, over restarts as well; an answer that came is there in later attempts.
   * The wait counts as the attempt's time (`timeoutMs`). If it is rejected the step fails, and this never returns.
   */
  approval(request: { readonly question: string }): Promise<Approved>;
  readonly resources: ResourceWriter;
}

/** Runs at least once, so it must bear repetition. What it returns becomes outputs of the step and the task. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler may simply return nothing
export type StepHandler = (input: JsonObject, context: StepContext) => Promise<JsonObject | void>;

export interface StepDefinition {
  readonly run: StepHandler;
  /**
   * Takes back what the step did, if the task fails, is canceled or expires after it has succeeded. Like `run` it must
   * bear repetition, and keeps to the same retries and limits of an attempt. `context.outputs` has what the step put out.
   */
  readonly undo?: StepHandler;
  /** Steps that must have succeeded before; default: the step written before this one. `[]`: none. */
  readonly after?: readonly string[];
  readonly retry?: Partial<RetryPolicy>;
  /** Limit of one attempt. Default: none. */
  readonly timeoutMs?: number;
  /**
   * An attempt that gives no sign (a report, `heartbeat()`) for this long is called silent; one that gives none for
   * three times as long is given up and tried again. Waiting for subtasks or an approval is no silence. Default: none.
   */
  readonly heartbeatMs?: number;
  readonly weight?: number;
  readonly labels?: JsonObject;
}

/** At most so many in a row, and so many in every span after that. */
export interface Rate {
  readonly starts: number;
  readonly perMs: number;
}

export interface TaskTypeDefinition {
  readonly type: string;
  /** Whose clients see its tasks beside our own API: `ack`, `lingjun`, `bdrc` or `cloudcontrol`. Default: nobody's. */
  readonly product?: string;
  /** In order; a bare function is a step with the defaults. */
  readonly steps: Readonly<Record<string, StepHandler | StepDefinition>>;
  /** JSON schemas: what may be submitted, and what a task that succeeded must have put out. Default: anything. */
  readonly input?: JsonObject;
  readonly outputs?: JsonObject;
  readonly retry?: Partial<RetryPolicy>;
  /** Limit of the whole task, from submission; passes to `expired`. Default: none. */
  readonly timeoutMs?: number;
  /** How long a canceled step may take to stop. Default 30 s. */
  readonly cancelGraceMs?: number;
  /** How many tasks of this type run at once. Default: no limit of its own. */
  readonly maxRunning?: number;
  /** With how many of the same concurrency key, itself included, a task of this type may run. Default 1. */
  readonly maxPerKey?: number;
  /** How often tasks of this type start: over all, and for each concurrency key. Default: no limit. */
  readonly startRate?: Rate;
  readonly startRatePerKey?: Rate;
  readonly cancelable?: boolean;
  readonly pausable?: boolean;
  /** Resource changes that come with the end, whatever it is: `task.state` tells which. */
  readonly onEnd?: (task: Task, resources: ResourceWriter) => Promise<void>;
}

export interface RunnableStep {
  readonly plan: PlannedStep;
  readonly run: StepHandler;
  readonly undo: StepHandler | undefined;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number | undefined;
  readonly heartbeatMs: number | undefined;
}

/** A task type, checked and with its defaults filled in. */
export interface TaskType {
  readonly type: string;
  readonly product: string | undefined;
  readonly input: JsonObject | undefined;
  readonly outputs: JsonObject | undefined;
  readonly steps: ReadonlyMap<string, RunnableStep>;
  readonly plan: readonly PlannedStep[];
  readonly timeoutMs: number | undefined;
  readonly cancelGraceMs: number;
  readonly maxRunning: number | undefined;
  readonly maxPerKey: number;
  readonly startRate: Rate | undefined;
  readonly startRatePerKey: Rate | undefined;
  readonly cancelable: boolean;
  readonly pausable: boolean;
  readonly onEnd: TaskTypeDefinition["onEnd"];
}

export const DEFAULT_CANCEL_GRACE_MS = 30_000;

/**
 * Describes a kind of task: its steps, their order and their limits.
 * @throws DomainError `InvalidParameter` if the steps form no DAG, their names lose their order, or something else is
 * given than what belongs there.
 */
export function defineTask(definition: TaskTypeDefinition): TaskType {
  checkDefinition(definition);
  const steps = new Map<string, RunnableStep>();
  let previous: string | undefined;
  for (const [name, given] of Object.entries(definition.steps)) {
    if (/^\d+$/.test(name)) throw reordered(name);
    const step: StepDefinition = typeof given === "function" ? { run: given } : given;
    const retry = { ...DEFAULT_RETRY, ...definition.retry, ...step.retry };
    steps.set(name, {
      plan: {
        name,
        after: step.after ?? (previous === undefined ? [] : [previous]),
        weight: step.weight ?? 1,
        maxAttempts: retry.maxAttempts,
        ...(step.labels && { labels: step.labels }),
        ...(step.undo && { undoable: true }),
      },
      run: step.run,
      undo: step.undo,
      retry,
      timeoutMs: step.timeoutMs,
      heartbeatMs: step.heartbeatMs,
    });
    previous = name;
  }
  const plan = [...steps.values()].map((step) => step.plan);
  checkPlan(plan);
  return {
    type: definition.type,
    product: definition.product,
    input: definition.input,
    outputs: definition.outputs,
    steps,
    plan,
    timeoutMs: definition.timeoutMs,
    cancelGraceMs: definition.cancelGraceMs ?? DEFAULT_CANCEL_GRACE_MS,
    maxRunning: definition.maxRunning,
    maxPerKey: definition.maxPerKey ?? 1,
    startRate: checkRate("startRate", definition.startRate),
    startRatePerKey: checkRate("startRatePerKey", definition.startRatePerKey),
    cancelable: definition.cancelable ?? true,
    pausable: definition.pausable ?? true,
    onEnd: definition.onEnd,
  };
}

function checkRate(parameter: string, rate: Rate | undefined): Rate | undefined {
  if (rate === undefined || (rate.starts >= 1 && rate.perMs > 0)) return rate;
  const found = `${rate.starts} per ${rate.perMs} ms`;
  const message = `${parameter} is ${found}; give at least 1 start and a span above 0`;
  throw new DomainError("InvalidParameter", message, { parameter, found });
}

function reordered(name: string): DomainError {
  const message = `step "${name}" is named by a whole number, which JavaScript sorts before other names; add a letter`;
  return new DomainError("InvalidParameter", message, { parameter: "steps", found: name });
}

/**
 * What happens if another open task has the concurrency key. reject: refuse · queue (the default): wait in line ·
 * join: no new task, the answer is the one that holds the key · supersede: cancel those before it, then run.
 */
export type WhenBusy = "reject" | "queue" | "join" | "supersede";

/** What an operation decides: the task to submit, and what the answer to the caller says besides its id. */
export interface OperationPlan {
  readonly type: string;
  readonly input: JsonObject;
  readonly target: Target;
  readonly attributes?: JsonObject;
  readonly priority?: number;
  readonly concurrencyKey?: string;
  readonly whenBusy?: WhenBusy;
  /** Same token, same operation, same parameters: the same task. */
  readonly clientToken?: string;
  readonly finishBy?: number;
  /** Facts for the answer, under the product's own names, e.g. `{cluster_id}`. */
  readonly reply?: JsonObject;
}

export interface OperationContext {
  readonly account: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly requestId: string;
  readonly resources: ResourceWriter;
  /** A number in [0, 1), for ids of new resources. */
  readonly random: () => number;
}

/**
 * A call of a simulated product that starts a task. Reads resources, refuses with a DomainError, may change resources
 * (written together with the new task). May run again if a resource changed meanwhile.
 * `parameters` have the product's own names, and were validated by its dialect.
 */
export type Operation = (
  parameters: JsonObject,
  context: OperationContext,
) => Promise<OperationPlan>;

interface QueryContext {
  readonly account: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly resources: ResourceReader;
}

/** A call of a simulated product that only reads: answers in the product's own names, request id aside. */
export type ProductQuery = (parameters: JsonObject, context: QueryContext) => Promise<JsonObject>;

/** A simulated cloud product: everything the engine and the dialects need to know of it. */
export interface Product {
  readonly name: string;
  readonly types: readonly TaskType[];
  /** By the vendor's action name. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** Calls that only read resources, by the vendor's action name. */
  readonly queries: Readonly<Record<string, ProductQuery>>;
  /** A new task id in the product's own grammar; sorts by `now` (ms). */
  readonly newTaskId: (now: number, random: () => number) => string;
  /** The resources a fresh data directory holds. */
  readonly world: readonly WorldResource[];
}

export interface WorldResource {
  readonly kind: string;
  readonly id: string;
  readonly parent?: string;
  readonly data: JsonObject;
}
