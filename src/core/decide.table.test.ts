import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  abandonStep,
  after,
  askApproval,
  cancelTask,
  checkDeadlines,
  completeStep,
  failStep,
  importTask,
  interruptStep,
  pauseTask,
  recoverTask,
  reportStep,
  resumeTask,
  retryStep,
  signalTask,
  startTask,
  step,
  submitTask,
} from "../../test/support/task-spec.ts";
import type { TaskCommand, TaskCommandType } from "./commands.ts";
import { decide } from "./decide.ts";
import { DomainError } from "./errors.ts";
import { TASK_STATES, type Task, type TaskState } from "./task.ts";

/**
 * What every command does to a task in every state, by example: step `a` runs its first attempt, step `b` waits for
 * its second, which is due, and `c` waits for both. All the commands come at 50, when no deadline has passed.
 * Events, or `!` and the code of the refusal; a dash changes nothing.
 */
type Row = Readonly<Record<TaskState | "none", string>>;

const ended = (succeeded: string, canceled = succeeded) => ({
  succeeded,
  failed: succeeded,
  canceled,
  expired: succeeded,
});

const TABLE = {
  SubmitTask: {
    none: "TaskSubmitted",
    pending: "!UnexpectedState",
    running: "!UnexpectedState",
    paused: "!UnexpectedState",
    canceling: "!UnexpectedState",
    ...ended("!UnexpectedState"),
  },
  StartTask: {
    none: "!TaskNotFound",
    pending: "TaskStarted StepStarted(a) StepStarted(b)",
    running: "!UnexpectedState",
    paused: "!UnexpectedState",
    canceling: "!UnexpectedState",
    ...ended("!UnexpectedState"),
  },
  PauseTask: {
    none: "!TaskNotFound",
    pending: "!TaskNotPausable",
    running: "TaskPaused",
    paused: "-",
    canceling: "!TaskNotPausable",
    ...ended("!TaskEnded"),
  },
  ResumeTask: {
    none: "!TaskNotFound",
    pending: "!TaskNotResumable",
    running: "-",
    paused: "TaskResumed",
    canceling: "!TaskNotResumable",
    ...ended("!TaskEnded"),
  },
  CancelTask: {
    none: "!TaskNotFound",
    pending: "CancelRequested TaskCanceled",
    running: "CancelRequested",
    paused: "CancelRequested",
    canceling: "-",
    ...ended("!TaskEnded", "-"),
  },
  CheckDeadlines: {
    none: "!TaskNotFound",
    pending: "-",
    running: "-",
    paused: "-",
    canceling: "-",
    ...ended("-"),
  },
  ReportStep: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "StepReported(a)",
    paused: "StepReported(a)",
    canceling: "StepReported(a)",
    ...ended("!TaskEnded"),
  },
  CompleteStep: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "StepSucceeded(a)",
    paused: "StepSucceeded(a)",
    canceling: "StepSucceeded(a) StepCanceled(b) TaskCanceled",
    ...ended("!TaskEnded"),
  },
  FailStep: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "StepFailed(a)",
    paused: "StepFailed(a)",
    canceling: "StepFailed(a) StepCanceled(b) TaskCanceled",
    ...ended("!TaskEnded"),
  },
  AskApproval: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "ApprovalAsked(a)",
    paused: "ApprovalAsked(a)",
    canceling: "ApprovalAsked(a)",
    ...ended("!TaskEnded"),
  },
  SignalTask: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "!StepNotRunning",
    paused: "!StepNotRunning",
    canceling: "!StepNotRunning",
    ...ended("!TaskEnded"),
  },
  AbandonStep: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "!UnexpectedState",
    paused: "!UnexpectedState",
    canceling: "StepCanceled(a) StepCanceled(b) TaskCanceled",
    ...ended("!TaskEnded"),
  },
  InterruptStep: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "StepInterrupted(a)",
    paused: "StepInterrupted(a)",
    canceling: "StepInterrupted(a) StepCanceled(a) StepCanceled(b) TaskCanceled",
    ...ended("!TaskEnded"),
  },
  RetryStep: {
    none: "!TaskNotFound",
    pending: "!StepNotRunning",
    running: "StepStarted(b)",
    paused: "!UnexpectedState",
    canceling: "!UnexpectedState",
    ...ended("!StepNotRunning"),
  },
  RecoverTask: {
    none: "!TaskNotFound",
    pending: "-",
    running: "StepInterrupted(a) StepStarted(a)",
    paused: "StepInterrupted(a)",
    canceling: "StepInterrupted(a) StepCanceled(a) StepCanceled(b) TaskCanceled",
    ...ended("-"),
  },
  ImportTask: {
    none: "!TaskNotFound",
    pending: "TaskImported",
    running: "TaskImported",
    paused: "TaskImported",
    canceling: "!UnexpectedState",
    ...ended("!UnexpectedState"),
  },
} as const satisfies Record<TaskCommandType, Row>;

const COMMANDS: Readonly<Record<TaskCommandType, TaskCommand>> = {
  SubmitTask: submitTask(50),
  StartTask: startTask(50),
  PauseTask: pauseTask(50),
  ResumeTask: resumeTask(50),
  CancelTask: cancelTask(50),
  CheckDeadlines: checkDeadlines(50),
  ReportStep: reportStep(50, "a", { progress: 1 }),
  CompleteStep: completeStep(50, "a"),
  FailStep: failStep(50, "a"),
  AskApproval: askApproval(50, "a"),
  SignalTask: signalTask(50, "a", "approve"),
  AbandonStep: abandonStep(50, "a"),
  InterruptStep: interruptStep(50, "a"),
  RetryStep: retryStep(50, "b"),
  RecoverTask: recoverTask(50),
  ImportTask: importTask(50),
};

const pending = after(
  undefined,
  submitTask(0, {
    steps: [step("a"), step("b"), step("c", ["a", "b"])],
    startBy: 100,
    finishBy: 100,
  }),
);
const running = after(pending, startTask(1), failStep(2, "b"));
const EXAMPLES: Readonly<Record<TaskState | "none", Task | undefined>> = {
  none: undefined,
  pending,
  running,
  paused: after(running, pauseTask(3)),
  canceling: after(running, cancelTask(3, 100)),
  succeeded: after(
    running,
    completeStep(4, "a"),
    retryStep(12, "b"),
    completeStep(13, "b", 2),
    completeStep(14, "c"),
  ),
  failed: after(running, failStep(4, "a", 1, { terminal: true })),
  canceled: after(running, cancelTask(3, 10), checkDeadlines(10)),
  expired: after(pending, checkDeadlines(100)),
};

for (const [type, row] of Object.entries(TABLE)) {
  describe(type, () => {
    for (const [state, expected] of Object.entries(row)) {
      test(`${state}: ${expected}`, () => {
        const task = EXAMPLES[state as TaskState | "none"];
        assert.equal(task?.state ?? "none", state);
        assert.equal(outcome(task, COMMANDS[type as TaskCommandType]), expected);
      });
    }
  });
}

test("the table is complete", () => {
  for (const row of Object.values(TABLE)) {
    assert.deepEqual(Object.keys(row), ["none", ...TASK_STATES]);
  }
});

function outcome(task: Task | undefined, command: TaskCommand): string {
  const decision = decide(task, command);
  if (decision instanceof DomainError) return `!${decision.code}`;
  const told = decision.map((event) =>
    "step" in event ? `${event.type}(${event.step})` : event.type,
  );
  return told.join(" ") || "-";
}
