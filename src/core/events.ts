import type { JsonObject } from "./json.ts";
import type {
  ApprovalVerdict,
  Ending,
  Item,
  Notice,
  SubtaskSummary,
  TaskDraft,
  TaskError,
} from "./task.ts";

/** What a running step reports. Items and subtasks replace those with the same id. */
export interface StepReport {
  readonly progress?: number;
  readonly message?: string;
  readonly outputs?: JsonObject;
  readonly items?: readonly Item[];
  readonly notices?: readonly Notice[];
  readonly subtasks?: readonly SubtaskSummary[];
  /** Merged into the task's attributes. */
  readonly attributes?: JsonObject;
}

/** The facts of a task's life. `at` is ms since the epoch and never decreases within a task. */
export type TaskEvent =
  | { readonly type: "TaskSubmitted"; readonly at: number; readonly task: TaskDraft }
  | { readonly type: "TaskStarted"; readonly at: number }
  | {
      readonly type: "TaskPaused";
      readonly at: number;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly type: "TaskResumed";
      readonly at: number;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly type: "CancelRequested";
      readonly at: number;
      readonly by: string;
      readonly reason: string;
      readonly deadline: number;
    }
  | { readonly type: "TaskSucceeded"; readonly at: number }
  | { readonly type: "TaskFailed"; readonly at: number; readonly error: TaskError }
  | { readonly type: "TaskCanceled"; readonly at: number }
  | { readonly type: "TaskExpired"; readonly at: number; readonly error: TaskError }
  | {
      readonly type: "StepStarted";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
    }
  | {
      readonly type: "StepReported";
      readonly at: number;
      readonly step: string;
      readonly report: StepReport;
    }
  | { readonly type: "StepSucceeded"; readonly at: number; readonly step: string }
  | {
      readonly type: "StepFailed";
      readonly at: number;
      readonly step: string;
      readonly error: TaskError;
      /** When the next attempt begins; absent when there is none. */
      readonly retryAt?: number;
    }
  /** The attempt ended because its process ended; the step starts again. */
  | {
      readonly type: "StepInterrupted";
      readonly at: number;
      readonly step: string;
      readonly cause: "crash" | "shutdown";
    }
  | {
      readonly type: "ApprovalAsked";
      readonly at: number;
      readonly step: string;
      readonly question: string;
      /** The version of the task with this event, which names the question. Absent in logs of earlier versions. */
      readonly number?: number;
    }
  /** Answers the open question with this number; in logs of earlier versions, the oldest open one of the step. */
  | ({
      readonly type: "ApprovalDecided";
      readonly at: number;
      readonly step: string;
      readonly number?: number;
    } & ApprovalVerdict)
  /** The end is decided; before it the steps that succeeded are undone, the latest first. */
  | ({ readonly type: "TaskEnding" } & Ending)
  | {
      readonly type: "UndoStarted";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
    }
  | { readonly type: "UndoSucceeded"; readonly at: number; readonly step: string }
  | {
      readonly type: "UndoFailed";
      readonly at: number;
      readonly step: string;
      readonly error: TaskError;
      /** When the next attempt begins; absent when there is none. The end of the task is the same. */
      readonly retryAt?: number;
    }
  | {
      readonly type: "UndoInterrupted";
      readonly at: number;
      readonly step: string;
      readonly cause: "crash" | "shutdown";
    }
  /**
   * What stands before this event was done elsewhere, and is told by the importer. The task is put back in line; with
   * `held` (why) it waits there until somebody resumes it.
   */
  | {
      readonly type: "TaskImported";
      readonly at: number;
      readonly by: string;
      readonly from: string;
      readonly held?: string;
    }
  /** Stopped by a cancel, by a failure elsewhere in the task, or by a deadline. */
  | { readonly type: "StepCanceled"; readonly at: number; readonly step: string };

export type TaskEventType = TaskEvent["type"];
