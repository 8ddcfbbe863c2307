import { type ApprovalDecided, ask, signal } from "./approvals.ts";
import type { StepFailure, TaskCommand } from "./commands.ts";
import { DomainError, unreachable } from "./errors.ts";
import type { StepReport, TaskEvent } from "./events.ts";
import { type Decision, notRunning, refuse, unexpected } from "./refusals.ts";
import { checkDeadlines, settle } from "./settle.ts";
import { findStep, isFinal, MAX_CRASHES, type Step, type Task, type TaskError } from "./task.ts";

type StepCommand = Extract<TaskCommand, { step: string }>;
type FailCommand = Extract<StepCommand, { type: "FailStep" }>;

/** Decides commands about one step. */
export function decideStep(task: Task, command: StepCommand, at: number): Decision {
  switch (command.type) {
    case "RetryStep":
      return retry(task, at, command.step);
    case "ReportStep":
      return reportOn(task, command, () => reported(at, command.step, command.report));
    case "CompleteStep":
      return reportOn(task, command, ({ undo }) =>
        settle(task, at, [
          ...reported(at, command.step, command.report),
          { type: undo === undefined ? "StepSucceeded" : "UndoSucceeded", at, step: command.step },
        ]),
      );
    case "FailStep":
      return reportOn(task, command, (step) =>
        settle(task, at, [
          ...reported(at, command.step, command.report),
          attemptFailed(task, step, at, command.failure, nextAttemptAt(command, at)),
        ]),
      );
    case "AbandonStep":
      return reportOn(task, command, ({ undo }) =>
        task.state === "canceling" && undo === undefined
          ? settle(task, at, [{ type: "StepCanceled", at, step: command.step }])
          : new DomainError(
              "UnexpectedState",
              `task ${task.id} is ${task.state}, nobody canceled it`,
            ),
      );
    case "AskApproval":
      return reportOn(task, command, (step) => ask(task, step, at, command.question));
    case "SignalTask":
      return signal(task, at, command, rejected);
    case "InterruptStep":
      return reportOn(task, command, (step) => interrupt(task, at, step));
    default:
      return unreachable(command);
  }
}

/** A rejection fails the step at once, whatever its handler does. */
function rejected(task: Task, step: Step, decided: ApprovalDecided): Decision {
  const { at, by, reason } = decided;
  const message = `${by} rejected: ${reason}`;
  const failure = { code: "ApprovalRejected", message, terminal: true };
  return settle(task, at, [decided, attemptFailed(task, step, at, failure, at)]);
}

export function recover(task: Task, at: number): Decision {
  if (task.state === "pending" || isFinal(task.state)) return [];
  const lost = task.steps.filter(isUnderWay).map((step): TaskEvent => {
    const { crashes } = step.undo ?? step;
    if (crashes + 1 < MAX_CRASHES) return interrupted(step, at, "crash");
    const message = `step "${step.name}" was running ${MAX_CRASHES} times when the process died`;
    return attemptFailed(task, step, at, { code: "StepCrashed", message, terminal: true }, at);
  });
  return settle(task, at, lost);
}

/** Whether the step or its undo runs. */
function isUnderWay({ state, undo }: Step): boolean {
  return state === "running" || undo?.state === "running";
}

function interrupted(step: Step, at: number, cause: "crash" | "shutdown"): TaskEvent {
  const type = step.undo === undefined ? "StepInterrupted" : "UndoInterrupted";
  return { type, at, step: step.name, cause };
}

/** Starts no other step, because the process ends. A canceled task, however, can end now. */
function interrupt(task: Task, at: number, step: Step): Decision {
  const event = interrupted(step, at, "shutdown");
  const waits = task.state === "canceling" && step.undo === undefined;
  return waits ? settle(task, at, [event]) : [event];
}

function retry(task: Task, at: number, name: string): Decision {
  const step = findStep(task, name);
  const { state, retryAt, attempt } = step?.undo ?? step ?? {};
  if (state !== "retrying" || retryAt === undefined || attempt === undefined)
    return notRunning(task, name, "retrying");
  if (task.state !== "running" && task.ending === undefined) return unexpected(task, "running");
  if (at < retryAt) {
    return new DomainError(
      "UnexpectedState",
      `step "${name}" of task ${task.id} waits until ${retryAt}`,
    );
  }
  const late = checkDeadlines(task, at);
  if (late.length > 0) return late;
  const type = step?.undo === undefined ? "StepStarted" : "UndoStarted";
  return [{ type, at, step: name, attempt: attempt + 1 }];
}

interface AttemptReport {
  readonly step: string;
  readonly attempt: number;
}

/** Refuses a report unless it comes from the attempt that runs now (fencing). */
function reportOn(task: Task, about: AttemptReport, decision: (step: Step) => Decision): Decision {
  if (isFinal(task.state)) {
    return refuse(
      task,
      "TaskEnded",
      `attempt ${about.attempt} of step "${about.step}" comes too late`,
    );
  }
  const step = findStep(task, about.step);
  // Attempts of the undo continue the numbers of the step's, so the number says which of the two reports.
  const { state, attempt } = step?.undo ?? step ?? {};
  if (step === undefined || state !== "running" || attempt !== about.attempt) {
    return notRunning(task, about.step, `running attempt ${about.attempt}`);
  }
  return decision(step);
}

function reported(at: number, step: string, report: StepReport | undefined): TaskEvent[] {
  const told = report !== undefined && Object.values(report).some((value) => value !== undefined);
  return told ? [{ type: "StepReported", at, step, report }] : [];
}

function attemptFailed(
  task: Task,
  step: Step,
  at: number,
  failure: StepFailure,
  retryAt: number,
): TaskEvent {
  const { attempt, failures } = step.undo ?? step;
  const error: TaskError = {
    code: failure.code.trim() || "StepFailed",
    message: failure.message.trim() || `step "${step.name}" failed and gave no reason`,
    step: step.name,
    attempt,
    retryable: !failure.terminal,
    ...(failure.cause !== undefined && { cause: failure.cause }),
  };
  // A step of a canceled task gets no other attempt, but an undo gets all of its attempts.
  const wanted = task.state !== "canceling" || step.undo !== undefined;
  const again = !failure.terminal && wanted && failures + 1 < step.maxAttempts;
  const type = step.undo === undefined ? "StepFailed" : "UndoFailed";
  return { type, at, step: step.name, error, ...(again && { retryAt }) };
}

/** Not before the failure, by the clock that reported it: if that clock went back, `at` may be far ahead of it. */
function nextAttemptAt({ at: told, retryAt }: FailCommand, at: number): number {
  const soonest = told <= at ? told : at;
  return retryAt > soonest ? retryAt : soonest;
}
