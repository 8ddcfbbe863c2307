/**
 * Terminology (kept the same as docs/vocabulary.md by a test)
 *
 * - task: one long operation: an id, a type, parameters, a target, a life. It ends once, and never changes after that.
 * - task type: the definition: named steps with handlers, their order (a DAG), retry policy, timeouts.
 * - step: one unit of work of a task; runs at least once, is recorded exactly once.
 * - attempt: one run of a step, counted from 1.
 * - subtask: a task with a parent step.
 * - fork: a new task that tries an ended one again.
 * - undo: what takes back a step that succeeded, when its task ends in another way.
 * - target: what the task acts on: type, id, name.
 * - item: one resource a task acts on, with its own outcome.
 * - event: one fact of a task's life, appended and never changed.
 * - approval: a question of a step that waits until somebody outside approves or rejects.
 * - notice: a message for people inside a task.
 * - dialect: how one product's clients see tasks: routes, schemas, words, times, errors.
 * - product: a simulated cloud product: its task types and its resources.
 * - account: a tenant; nothing crosses from one to another.
 * - executor: what runs steps.
 * - operation: a call that starts a task.
 * - lab: the emulator's controls: clock, scenarios, faults, journal, snapshots.
 */
import type { JsonObject } from "./json.ts";

export const OPEN_STATES = ["pending", "running", "paused", "canceling"] as const;
export const FINAL_STATES = ["succeeded", "failed", "canceled", "expired"] as const;
type OpenState = (typeof OPEN_STATES)[number];
export type FinalState = (typeof FINAL_STATES)[number];
export type TaskState = OpenState | FinalState;

export const TASK_STATES: readonly TaskState[] = [...OPEN_STATES, ...FINAL_STATES];

const final: ReadonlySet<TaskState> = new Set(FINAL_STATES);
export function isFinal(state: TaskState): state is FinalState {
  return final.has(state);
}

/** Progress is counted in basis points: 10 000 is 100 %, reached exactly on success. */
export const PROGRESS_DONE = 10_000;

export interface Target {
  readonly type: string;
  readonly id: string;
  readonly name?: string;
}

/** Why a task failed. Never empty: `code` and `message` always say something. */
export interface TaskError {
  readonly code: string;
  readonly message: string;
  readonly step?: string;
  readonly attempt?: number;
  /** Whether trying the same task again may succeed. */
  readonly retryable: boolean;
  readonly cause?: string;
}

/** ACK's `task_result[]`: one resource with its own outcome. */
export interface Item {
  readonly id: string;
  readonly status: "initial" | "success" | "failed";
  readonly message?: string;
}

/** ACK's `events[]`: a message for people. */
export interface Notice {
  readonly at: number;
  readonly level: "Normal" | "Warning";
  readonly action: string;
  readonly reason: string;
  readonly message: string;
  readonly source: string;
}

/** What a parent remembers of a subtask, so that one read shows the whole task. */
export interface SubtaskSummary {
  readonly id: string;
  readonly type: string;
  readonly state: TaskState;
  readonly message: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * waiting: not begun, or begun again soon · running: an attempt is under way · retrying: waits for `retryAt` ·
 * succeeded, failed, canceled: over.
 */
export type StepState = "waiting" | "running" | "retrying" | "succeeded" | "failed" | "canceled";

export interface PlannedStep {
  readonly name: string;
  readonly after: readonly string[];
  /** Share of the task's progress, > 0. */
  readonly weight: number;
  readonly maxAttempts: number;
  /** Facts for a dialect, e.g. Lingjun's `StageTag`. Never read by the engine. */
  readonly labels?: JsonObject;
  /** Has an undo handler: runs if the task does not succeed after this step has. */
  readonly undoable?: true;
  /** The step is taken over from the task that this one is a fork of: it counts as succeeded, with these outputs. */
  readonly takenOver?: { readonly outputs: JsonObject };
}

/** The ended task that this one tries again. The link is kept here alone, for an ended task never changes. */
export interface Fork {
  readonly taskId: string;
  readonly by: string;
  readonly reason: string;
  /** Absent: from the beginning. */
  readonly fromStep?: string;
}

/**
 * The undoing of a step that succeeded. ready: not begun, or begun again soon · running: an attempt is under way ·
 * retrying: waits for `retryAt` · done, failed: over. Its attempts are counted on from those of the step.
 */
export interface Undo {
  readonly state: "ready" | "running" | "retrying" | "done" | "failed";
  /** The version of the task at which the step succeeded: the latest is undone first. */
  readonly order: number;
  readonly attempt: number;
  readonly failures: number;
  readonly crashes: number;
  readonly error?: TaskError;
  readonly retryAt?: number;
}

/** How a task will end when the steps that succeeded are undone. */
export interface Ending {
  readonly at: number;
  readonly as: "failed" | "canceled" | "expired";
  readonly error?: TaskError;
}

/** The answer of a caller to a question of a step. */
export interface ApprovalVerdict {
  readonly decision: "approve" | "reject";
  readonly by: string;
  readonly reason: string;
  /** For the handler. */
  readonly data?: JsonObject;
}

/** A question that a step waits for the answer to. A later attempt that asks the same text finds the same answer. */
export interface Approval {
  readonly question: string;
  /** Names the question in its task (see approvals.ts). Absent if it was asked by an earlier version. */
  readonly number?: number;
  readonly askedAt: number;
  readonly verdict?: ApprovalVerdict & { readonly at: number };
}

export interface Step extends PlannedStep {
  readonly state: StepState;
  /** The attempt that runs or ran last; 0 before the first. */
  readonly attempt: number;
  /** Attempts that failed; `maxAttempts` limits these. */
  readonly failures: number;
  /** Attempts that ended because the process died, not the handler; `MAX_CRASHES` limits these. */
  readonly crashes: number;
  readonly progress: number;
  readonly message?: string;
  readonly outputs?: JsonObject;
  readonly subtasks?: readonly SubtaskSummary[];
  readonly approvals?: readonly Approval[];
  /** Since the step succeeded, if it can be undone. */
  readonly undo?: Undo;
  readonly error?: TaskError;
  readonly startedAt?: number;
  readonly updatedAt?: number;
  readonly endedAt?: number;
  readonly retryAt?: number;
}

/** The data of a task at its submission; all of it is stored in the first event. */
export interface TaskDraft {
  readonly id: string;
  readonly account: string;
  /** The product whose clients see this task, e.g. `ack`; `native` for tasks of one's own. */
  readonly product: string;
  readonly type: string;
  readonly input: JsonObject;
  readonly target: Target;
  /** Facts a dialect shows and the engine does not read, e.g. BDRC's `TaskName`, Cloud Control's `taskAction`. */
  readonly attributes: JsonObject;
  readonly steps: readonly PlannedStep[];
  readonly priority: number;
  /** Tasks of one account with the same key run one at a time, by priority and age, then first come first served. */
  readonly concurrencyKey?: string;
  /** Tasks with the same key that were submitted before this one are canceled for it. */
  readonly supersedes?: true;
  readonly forkOf?: Fork;
  /** The id that the task had on the server it was exported from. */
  readonly importedFrom?: string;
  /** Who imported the task, and when (ms since the epoch): what came before that moment is as this caller told it. */
  readonly importedBy?: string;
  readonly importedAt?: number;
  /** Who started the task where it comes from, as the importer told it. A label that gives no rights. */
  readonly originalActor?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly parent?: { readonly taskId: string; readonly step: string };
  /** Not started before this moment, in ms since the epoch. */
  readonly notBefore?: number;
  /** Present if `notBefore` is so long after the submission, in ms: a delay, and not a moment that somebody gave. */
  readonly delayMs?: number;
  /** Expires unless it has started by this moment. */
  readonly startBy?: number;
  /** Expires unless it has ended by this moment. Stands still while paused. */
  readonly finishBy?: number;
  /** Present if `finishBy` is so long after the submission, in ms: a time limit, and not a moment that somebody gave. */
  readonly timeoutMs?: number;
  /** The request that made the task. */
  readonly requestId?: string;
  /** The trace that the request was part of, as it came (W3C). Never read by the engine. */
  readonly traceparent?: string;
  readonly actor?: string;
}

/** The fold of a task's events. All moments are ms since the epoch. */
export interface Task extends Omit<TaskDraft, "steps"> {
  readonly state: TaskState;
  /** The number of events so far. */
  readonly version: number;
  readonly steps: readonly Step[];
  readonly progress: number;
  readonly items: readonly Item[];
  /** The newest `MAX_NOTICES`; the log has all of them. */
  readonly notices: readonly Notice[];
  readonly outputs: JsonObject;
  readonly message?: string;
  readonly error?: TaskError;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly paused?: { readonly at: number; readonly by: string; readonly reason: string };
  /** Present while an imported task waits, as pending, until somebody resumes it. */
  readonly held?: { readonly at: number; readonly by: string; readonly reason: string };
  /** Present while steps are undone, before the end. */
  readonly ending?: Ending;
  readonly cancel?: {
    readonly at: number;
    readonly by: string;
    readonly reason: string;
    /** When steps that still run are given up. */
    readonly deadline: number;
  };
}

export const MAX_NOTICES = 200;

/** The most steps that a task can have. */
export const MAX_STEPS = 1_000;

/** A step that was running at this many crashes of the process fails, because it probably causes them. */
export const MAX_CRASHES = 10;

export function findStep(task: Task, name: string): Step | undefined {
  return task.steps.find((step) => step.name === name);
}

/** Whether the task is a subtask that its own parent canceled, because an attempt was given up: no user did. */
export function isCanceledByParent({ state, cancel, parent }: Task): boolean {
  return state === "canceled" && parent !== undefined && cancel?.by === parent.taskId;
}

/** The step a person would call "the current one": running before retrying before the next to start. */
export function currentStep(task: Task): Step | undefined {
  for (const state of ["running", "retrying", "waiting"] as const) {
    const found = task.steps.find((step) => step.state === state);
    if (found) return found;
  }
  return undefined;
}
