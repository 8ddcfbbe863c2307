import type { StepReport } from "./events.ts";
import type { ApprovalVerdict, TaskDraft } from "./task.ts";

/** Why an attempt failed, as the executor reports it. */
export interface StepFailure {
  readonly code: string;
  readonly message: string;
  /** A terminal failure ends the task, even if attempts are left. */
  readonly terminal: boolean;
  readonly cause?: string;
}

/**
 * A command to one task. Every command has its moment `at` (ms since the epoch), because the core has no clock. A
 * report of a step has the number of its attempt (the fencing number), so that a late or repeated report is refused.
 * A timer's command has the moment that it waited for, `due`, if the wait was measured: the clock may have been set back,
 * so that it does not show that moment yet.
 */
export type TaskCommand =
  | { readonly type: "SubmitTask"; readonly at: number; readonly task: TaskDraft }
  | { readonly type: "StartTask"; readonly at: number; readonly due?: number }
  | {
      readonly type: "PauseTask";
      readonly at: number;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly type: "ResumeTask";
      readonly at: number;
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly type: "CancelTask";
      readonly at: number;
      readonly by: string;
      readonly reason: string;
      /** When steps that ignore the abort signal are given up. */
      readonly deadline: number;
    }
  /** The timer of a deadline fired: of start-by, finish-by or the cancel, whichever has passed at `at`. */
  | { readonly type: "CheckDeadlines"; readonly at: number; readonly due?: number }
  | {
      readonly type: "ReportStep";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
      readonly report: StepReport;
    }
  | {
      readonly type: "CompleteStep";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
      readonly report?: StepReport;
    }
  | {
      readonly type: "FailStep";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
      readonly failure: StepFailure;
      /** When the next attempt would begin, if one is left (see retry-policy.ts). */
      readonly retryAt: number;
      readonly report?: StepReport;
    }
  /** The attempt waits for an approval. Asking the same question again changes nothing. */
  | {
      readonly type: "AskApproval";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
      readonly question: string;
    }
  /** A caller answers an open question of the step. */
  | ({
      readonly type: "SignalTask";
      readonly at: number;
      readonly step: string;
      /** The number of the question. It may be absent only if the step can have asked no other (see approvals.ts). */
      readonly number?: number;
    } & ApprovalVerdict)
  /** The handler obeyed the abort signal of a cancel. */
  | {
      readonly type: "AbandonStep";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
    }
  /** The process is about to end; the step starts again after the next start of the process. */
  | {
      readonly type: "InterruptStep";
      readonly at: number;
      readonly step: string;
      readonly attempt: number;
    }
  /** A retry's timer fired. */
  | {
      readonly type: "RetryStep";
      readonly at: number;
      readonly due?: number;
      readonly step: string;
    }
  /** The end of an open task's history elsewhere. With `held` it is not run until it is resumed. */
  | {
      readonly type: "ImportTask";
      readonly at: number;
      readonly by: string;
      readonly from: string;
      readonly held?: string;
    }
  /** The executor starts: attempts still marked as running died with the last process. */
  | { readonly type: "RecoverTask"; readonly at: number };

export type TaskCommandType = TaskCommand["type"];

/** The command as it is given at another moment: what it names after that moment is as far away from the new one. */
export function movedTo<C extends TaskCommand>(command: C, at: number): C {
  if (at === command.at) return command;
  const by = at - command.at;
  if (command.type === "CancelTask") return { ...command, at, deadline: command.deadline + by };
  if (command.type === "FailStep") return { ...command, at, retryAt: command.retryAt + by };
  return { ...command, at };
}
