import assert from "node:assert/strict";
import { openApproval } from "../../src/core/approvals.ts";
import type { StepFailure, TaskCommand } from "../../src/core/commands.ts";
import { decide } from "../../src/core/decide.ts";
import { DomainError, type DomainErrorCode } from "../../src/core/errors.ts";
import type { StepReport, TaskEvent } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import type { Decision } from "../../src/core/refusals.ts";
import {
  type Ending,
  MAX_CRASHES,
  type PlannedStep,
  type Task,
  type TaskDraft,
  type TaskError,
} from "../../src/core/task.ts";

/**
 * A rule of a task's life in three lines: given what happened, when a command comes, then this follows.
 *
 *     given(taskSubmitted(0), taskStarted(1), stepStarted(1, "work"))
 *       .when(completeStep(2, "work"))
 *       .then(stepSucceeded(2, "work"), taskSucceeded(2));
 */
export function given(...log: readonly TaskEvent[]) {
  const task = log.length === 0 ? undefined : fold(log);
  return {
    when(command: TaskCommand) {
      const decision = decide(task, command);
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; never awaited
        then(...expected: readonly TaskEvent[]): void {
          assert.deepEqual(unrefused(decision, command), expected);
        },
        thenNothing(): void {
          assert.deepEqual(unrefused(decision, command), []);
        },
        /** `says`: what a person must be able to read in the refusal. */
        thenRefused(code: DomainErrorCode, says = /./): void {
          assert.ok(decision instanceof DomainError, `${command.type} was not refused`);
          assert.equal(decision.code, code);
          assert.match(decision.message, says);
        },
      };
    },
  };
}

/** The task after `commands`, one by one. Fails if one of them is refused. */
export function after(task: Task | undefined, ...commands: readonly TaskCommand[]): Task {
  let next = task;
  for (const command of commands) {
    const events = unrefused(decide(next, command), command);
    if (events.length > 0) next = fold(events, next);
  }
  assert.ok(next, "no command submitted the task");
  return next;
}

function unrefused(decision: Decision, command: TaskCommand): readonly TaskEvent[] {
  if (decision instanceof DomainError) {
    assert.fail(`${command.type} was refused: ${decision.code}, ${decision.message}`);
  }
  return decision;
}

// --- What is submitted -------------------------------------------------------------------------------------------

export function step(
  name: string,
  after: readonly string[] = [],
  more: Partial<PlannedStep> = {},
): PlannedStep {
  return { name, after, weight: 1, maxAttempts: 2, ...more };
}

/** One step, `work`, with two attempts, unless `overrides` say otherwise. */
export function draft(overrides: Partial<TaskDraft> = {}): TaskDraft {
  return {
    id: "t-1",
    account: "1000",
    product: "native",
    type: "sample",
    input: {},
    target: { type: "thing", id: "x" },
    attributes: {},
    steps: [step("work")],
    priority: 5,
    ...overrides,
  };
}

/** a and b begin together, c comes after a, d after all of them. */
export const DIAMOND: readonly PlannedStep[] = [
  step("a"),
  step("b"),
  step("c", ["a"]),
  step("d", ["b", "c"]),
];

// --- Events, in the past tense; the moment comes first -----------------------------------------------------------

const WHO = { by: "ada", reason: "because" } as const;

/** What `failStep` leads to. */
export function errorOf(name: string, attempt = 1, more: Partial<TaskError> = {}): TaskError {
  return { code: "Boom", message: "it broke", step: name, attempt, retryable: true, ...more };
}

export const taskSubmitted = (at: number, overrides: Partial<TaskDraft> = {}): TaskEvent => ({
  type: "TaskSubmitted",
  at,
  task: draft(overrides),
});
export const taskStarted = (at: number): TaskEvent => ({ type: "TaskStarted", at });
export const taskPaused = (at: number): TaskEvent => ({ type: "TaskPaused", at, ...WHO });
export const taskResumed = (at: number): TaskEvent => ({ type: "TaskResumed", at, ...WHO });
export const cancelRequested = (at: number, deadline: number): TaskEvent => ({
  type: "CancelRequested",
  at,
  ...WHO,
  deadline,
});
export const taskSucceeded = (at: number): TaskEvent => ({ type: "TaskSucceeded", at });
export const taskFailed = (at: number, error: TaskError): TaskEvent => ({
  type: "TaskFailed",
  at,
  error,
});
export const taskCanceled = (at: number): TaskEvent => ({ type: "TaskCanceled", at });
export const taskExpired = (at: number, error: TaskError): TaskEvent => ({
  type: "TaskExpired",
  at,
  error,
});
export const stepStarted = (at: number, name: string, attempt = 1): TaskEvent => ({
  type: "StepStarted",
  at,
  step: name,
  attempt,
});
export const stepReported = (at: number, name: string, report: StepReport): TaskEvent => ({
  type: "StepReported",
  at,
  step: name,
  report,
});
export const stepSucceeded = (at: number, name: string): TaskEvent => ({
  type: "StepSucceeded",
  at,
  step: name,
});
/** Without `retryAt` the step is over. */
export const stepFailed = (at: number, error: TaskError, retryAt?: number): TaskEvent => ({
  type: "StepFailed",
  at,
  step: error.step ?? "",
  error,
  ...(retryAt !== undefined && { retryAt }),
});
export const stepInterrupted = (
  at: number,
  name: string,
  cause: "crash" | "shutdown",
): TaskEvent => ({ type: "StepInterrupted", at, step: name, cause });
export const approvalAsked = (
  at: number,
  name: string,
  question = "go on?",
  number?: number,
): TaskEvent => ({
  type: "ApprovalAsked",
  at,
  step: name,
  question,
  ...(number !== undefined && { number }),
});
export const approvalDecided = (
  at: number,
  name: string,
  decision: "approve" | "reject",
  number?: number,
): TaskEvent => ({
  type: "ApprovalDecided",
  at,
  step: name,
  decision,
  ...WHO,
  ...(number !== undefined && { number }),
});
export const taskEnding = (at: number, as: Ending["as"], error?: TaskError): TaskEvent => ({
  type: "TaskEnding",
  at,
  as,
  ...(error && { error }),
});
export const undoStarted = (at: number, name: string, attempt = 2): TaskEvent => ({
  type: "UndoStarted",
  at,
  step: name,
  attempt,
});
export const undoSucceeded = (at: number, name: string): TaskEvent => ({
  type: "UndoSucceeded",
  at,
  step: name,
});
export const undoFailed = (at: number, error: TaskError, retryAt?: number): TaskEvent => ({
  type: "UndoFailed",
  at,
  step: error.step ?? "",
  error,
  ...(retryAt !== undefined && { retryAt }),
});
export const undoInterrupted = (
  at: number,
  name: string,
  cause: "crash" | "shutdown",
): TaskEvent => ({ type: "UndoInterrupted", at, step: name, cause });
export const stepCanceled = (at: number, name: string): TaskEvent => ({
  type: "StepCanceled",
  at,
  step: name,
});

/** Submitted and started at 0, with its first steps under way. */
export function runningTask(overrides: Partial<TaskDraft> = {}): TaskEvent[] {
  const first = draft(overrides).steps.filter((planned) => planned.after.length === 0);
  return [
    taskSubmitted(0, overrides),
    taskStarted(0),
    ...first.map((planned) => stepStarted(0, planned.name)),
  ];
}

// --- Commands, in the imperative; the moment comes first ---------------------------------------------------------

export const submitTask = (at: number, overrides: Partial<TaskDraft> = {}): TaskCommand => ({
  type: "SubmitTask",
  at,
  task: draft(overrides),
});
export const startTask = (at: number): TaskCommand => ({ type: "StartTask", at });
export const pauseTask = (at: number): TaskCommand => ({ type: "PauseTask", at, ...WHO });
export const resumeTask = (at: number): TaskCommand => ({ type: "ResumeTask", at, ...WHO });
export const cancelTask = (at: number, deadline = at + 30): TaskCommand => ({
  type: "CancelTask",
  at,
  ...WHO,
  deadline,
});
export const checkDeadlines = (at: number): TaskCommand => ({ type: "CheckDeadlines", at });
export const recoverTask = (at: number): TaskCommand => ({ type: "RecoverTask", at });
export const importTask = (at: number, held?: string): TaskCommand => ({
  type: "ImportTask",
  at,
  by: "importer",
  from: "t-elsewhere",
  ...(held !== undefined && { held }),
});
export const retryStep = (at: number, name: string): TaskCommand => ({
  type: "RetryStep",
  at,
  step: name,
});
export const reportStep = (
  at: number,
  name: string,
  report: StepReport,
  attempt = 1,
): TaskCommand => ({ type: "ReportStep", at, step: name, attempt, report });
export const completeStep = (
  at: number,
  name: string,
  attempt = 1,
  report?: StepReport,
): TaskCommand => ({
  type: "CompleteStep",
  at,
  step: name,
  attempt,
  ...(report && { report }),
});
/** Fails with `Boom: it broke`; the next attempt, if there is one, is due 10 later. */
export const failStep = (
  at: number,
  name: string,
  attempt = 1,
  more: Partial<StepFailure> & { readonly retryAt?: number; readonly report?: StepReport } = {},
): TaskCommand => {
  const { retryAt = at + 10, report, ...failure } = more;
  return {
    type: "FailStep",
    at,
    step: name,
    attempt,
    failure: { code: "Boom", message: "it broke", terminal: false, ...failure },
    retryAt,
    ...(report && { report }),
  };
};
export const askApproval = (
  at: number,
  name: string,
  attempt = 1,
  question = "go on?",
): TaskCommand => ({ type: "AskApproval", at, step: name, attempt, question });
export const signalTask = (
  at: number,
  name: string,
  decision: "approve" | "reject",
  number?: number,
): TaskCommand => ({
  type: "SignalTask",
  at,
  step: name,
  decision,
  ...WHO,
  ...(number !== undefined && { number }),
});
export const abandonStep = (at: number, name: string, attempt = 1): TaskCommand => ({
  type: "AbandonStep",
  at,
  step: name,
  attempt,
});
export const interruptStep = (at: number, name: string, attempt = 1): TaskCommand => ({
  type: "InterruptStep",
  at,
  step: name,
  attempt,
});

// --- Every way a task can go -------------------------------------------------------------------------------------

/** One decision that a task met in `explore`, and what came of it. */
export interface Move {
  readonly before: Task | undefined;
  readonly command: TaskCommand;
  readonly decision: Decision;
  /** The same as `before` if nothing changed. */
  readonly after: Task | undefined;
}

const START_BY = 1_000;
const FINISH_BY = 2_000;
const GRACE = 500;

/**
 * Every decision for a small task with deadlines: two steps side by side and one after them, two attempts each.
 * Walks all situations that differ in more than times and counts; so what it does not show, does not happen.
 */
export function* explore(): Generator<Move> {
  const open: (Task | undefined)[] = [undefined, almostPoisoned()];
  const seen = new Set(open.map((task) => task && situation(task)));
  for (const before of open) {
    for (const command of commandsFor(before)) {
      const decision = decideWithoutStack(before, command);
      const changed = !(decision instanceof DomainError) && decision.length > 0;
      const next = changed ? fold(decision, before) : before;
      yield { before, command, decision, after: next };
      if (next === undefined || next === before) continue;
      const reached = situation(next);
      if (seen.has(reached)) continue;
      seen.add(reached);
      open.push(next);
    }
  }
}

/** Decides; the error of a refusal has no stack, whose making would take most of the time when thousands are refused. */
export function decideWithoutStack(task: Task | undefined, command: TaskCommand): Decision {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return decide(task, command);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The process died under it once less than is allowed. */
function almostPoisoned(): Task {
  const crashes = Array.from({ length: MAX_CRASHES - 1 }, () => recoverTask(0));
  return after(undefined, submitTask(0, explored), startTask(0), ...crashes);
}

const explored: Partial<TaskDraft> = {
  steps: [step("a", [], { undoable: true }), step("b"), step("c", ["a", "b"])],
  startBy: START_BY,
  finishBy: FINISH_BY,
};

function situation(task: Task): string {
  const steps = task.steps.map((one) => {
    const { state, failures, crashes, attempt } = one;
    const asked = openApproval(one) ? "asked" : "";
    const { undo } = one;
    const undone = undo && [undo.state, undo.failures, undo.crashes === MAX_CRASHES - 1].join("/");
    return [state, failures, crashes === MAX_CRASHES - 1, attempt > 0, asked, undone].join();
  });
  const { held } = task;
  return [
    task.state,
    held !== undefined,
    task.ending?.as,
    task.updatedAt >= FINISH_BY,
    ...steps,
  ].join();
}

function commandsFor(task: Task | undefined): TaskCommand[] {
  const now = task?.updatedAt ?? 0;
  const moments = [now, now + GRACE, FINISH_BY + now];
  const steps = task?.steps.map(({ name, attempt, undo }) => ({
    name,
    attempt: undo?.attempt ?? attempt,
  })) ?? [{ name: "a", attempt: 1 }];
  return moments.flatMap((at) => [
    submitTask(at, explored),
    startTask(at),
    pauseTask(at),
    resumeTask(at),
    cancelTask(at, at + GRACE),
    checkDeadlines(at),
    recoverTask(at),
    importTask(at),
    importTask(at, "a look first"),
    ...steps.flatMap(({ name, attempt }) => [
      retryStep(at, name),
      reportStep(at, name, { progress: 5_000 }, attempt),
      completeStep(at, name, attempt),
      failStep(at, name, attempt),
      failStep(at, name, attempt, { terminal: true }),
      askApproval(at, name, attempt),
      signalTask(at, name, "approve"),
      signalTask(at, name, "reject"),
      abandonStep(at, name, attempt),
      interruptStep(at, name, attempt),
    ]),
  ]);
}
