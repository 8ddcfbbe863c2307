import type { JsonObject } from "./json.ts";
import type { ResourceWriter } from "./resource.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { StepHandler } from "./step-context.ts";
import type { PlannedStep, Task } from "./task.ts";

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
  /** The name of the dialect whose clients see its tasks, e.g. `ack`. Our own API shows them in any case; absent: it alone does. */
  readonly product?: string;
  /** In order; a bare function is a step with the defaults. */
  readonly steps: Readonly<Record<string, StepHandler | StepDefinition>>;
  /**
   * JSON schemas: what may be submitted, and what a task that succeeded must have put out. Default: anything. What they
   * mark `writeOnly: true` is a secret: handlers get it, nobody else does.
   */
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
