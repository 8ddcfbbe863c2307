import type { JsonObject } from "./json.ts";
import type { ResourceWriter } from "./resource.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { StepHandler } from "./step-context.ts";
import type { PlannedStep, Task } from "./task.ts";

export interface StepDefinition {
  readonly run: StepHandler;
  /**
   * Undoes what the step did, if the task fails, is canceled or expires after the step has succeeded. Like `run` it
   * must be idempotent, and has the same retries and limits. `context.outputs` has the outputs of the step.
   */
  readonly undo?: StepHandler;
  /** Steps that must have succeeded before; default: the step written before this one. `[]`: none. */
  readonly after?: readonly string[];
  readonly retry?: Partial<RetryPolicy>;
  /** Limit of one attempt. Default: none. */
  readonly timeoutMs?: number;
  /**
   * An attempt without a report or `heartbeat()` for this many ms is silent; after three times as long it is given up
   * and tried again. An attempt that waits for subtasks or an approval is not silent. Default: none.
   */
  readonly heartbeatMs?: number;
  readonly weight?: number;
  readonly labels?: JsonObject;
}

/** At most `starts` starts in a row, and after that `starts` in every `perMs` ms (a token bucket). */
export interface Rate {
  readonly starts: number;
  readonly perMs: number;
}

export interface TaskTypeDefinition {
  readonly type: string;
  /**
   * The dialect whose clients see its tasks, e.g. `ack`. Our own API always shows them; absent: only our own API does.
   */
  readonly product?: string;
  /** In order; a bare function is a step with the defaults. */
  readonly steps: Readonly<Record<string, StepHandler | StepDefinition>>;
  /**
   * JSON schemas of the input, and of the outputs of a task that succeeds. Default: anything. A field that they mark
   * `writeOnly: true` is a secret: only handlers get it.
   */
  readonly input?: JsonObject;
  readonly outputs?: JsonObject;
  readonly retry?: Partial<RetryPolicy>;
  /** The time that the whole task may take from its submission, in ms; then it expires. Default: none. */
  readonly timeoutMs?: number;
  /** How long a canceled step may take to stop. Default 30 s. */
  readonly cancelGraceMs?: number;
  /** How many tasks of this type run at once. Default: no limit of its own. */
  readonly maxRunning?: number;
  /** How many tasks of this type one account may run at once. Default: no limit of its own. */
  readonly maxRunningPerAccount?: number;
  /** How many tasks with the same concurrency key, this one included, may run when one of this type runs. Default 1. */
  readonly maxPerKey?: number;
  /** How often tasks of this type start: over all, and for each concurrency key. Default: no limit. */
  readonly startRate?: Rate;
  readonly startRatePerKey?: Rate;
  readonly cancelable?: boolean;
  readonly pausable?: boolean;
  /** Makes resource changes that are written with the end of the task; `task.state` says which end it is. */
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
  readonly maxRunningPerAccount: number | undefined;
  readonly maxPerKey: number;
  readonly startRate: Rate | undefined;
  readonly startRatePerKey: Rate | undefined;
  readonly cancelable: boolean;
  readonly pausable: boolean;
  readonly onEnd: TaskTypeDefinition["onEnd"];
}

export const DEFAULT_CANCEL_GRACE_MS = 30_000;
