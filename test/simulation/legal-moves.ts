import { openApproval } from "../../src/core/approvals.ts";
import type { TaskEvent, TaskEventType } from "../../src/core/events.ts";
import { findStep, isFinal, type Step, type Task } from "../../src/core/task.ts";

type Rule = (task: Task, event: TaskEvent) => boolean;

const task =
  (...states: readonly Task["state"][]): Rule =>
  ({ state, ending }) =>
    ending === undefined && states.includes(state);

/** Ends that a task reaches directly, or after its undo. */
const ending =
  (as: "failed" | "canceled" | "expired", ...states: readonly Task["state"][]): Rule =>
  ({ state, ending: decided, steps }) =>
    decided === undefined
      ? states.includes(state)
      : decided.as === as && !steps.some(({ undo }) => undo && !isUndone(undo));

const step =
  (holds: (step: Step, task: Task, event: TaskEvent) => boolean): Rule =>
  (before, event) => {
    const found = "step" in event ? findStep(before, event.step) : undefined;
    return found !== undefined && holds(found, before, event);
  };

const running = step(({ state, undo }) => state === "running" && undo === undefined);
const undoing = step(({ undo }) => undo?.state === "running");

/** Written from docs/task-lifecycle.md and not from the core, so that it does not repeat mistakes of the core. */
const RULES: Readonly<Record<TaskEventType, Rule>> = {
  TaskSubmitted: () => false,
  TaskStarted: (before, { at }) =>
    task("pending")(before, { type: "TaskStarted", at }) &&
    before.held === undefined &&
    at >= (before.notBefore ?? at),
  TaskPaused: task("running"),
  TaskResumed: (before, event) =>
    task("paused")(before, event) || (before.state === "pending" && before.held !== undefined),
  TaskImported: task("pending", "running", "paused"),
  CancelRequested: task("pending", "running", "paused"),
  TaskEnding: ({ state, ending: decided }) => decided === undefined && !isFinal(state),
  TaskSucceeded: (before, event) =>
    task("running")(before, event) && before.steps.every(({ state }) => state === "succeeded"),
  TaskFailed: ending("failed", "running"),
  TaskCanceled: ending("canceled", "canceling"),
  TaskExpired: (before, event) =>
    ending("expired", "pending", "running")(before, event) && isLate(before, event.at),
  StepStarted: step(mayStart),
  StepReported: (before, event) => running(before, event) || undoing(before, event),
  StepSucceeded: running,
  // A rejection fails a step between its attempts as well.
  StepFailed: step(({ state, approvals }) => {
    const rejected = approvals?.at(-1)?.verdict?.decision === "reject";
    return state === "running" || (rejected && (state === "waiting" || state === "retrying"));
  }),
  StepInterrupted: running,
  ApprovalAsked: running,
  ApprovalDecided: step((found) => openApproval(found) !== undefined),
  UndoStarted: step(mayUndo),
  UndoSucceeded: undoing,
  UndoFailed: undoing,
  UndoInterrupted: undoing,
  StepCanceled: step(
    ({ state, attempt }) =>
      state === "running" || state === "retrying" || (state === "waiting" && attempt > 0),
  ),
};

/** What is wrong with this event after that state, in words. */
export function illegal(before: Task | undefined, event: TaskEvent): string | undefined {
  if (before === undefined) {
    return event.type === "TaskSubmitted" ? undefined : `${event.type} is its first event`;
  }
  if (isFinal(before.state)) return `${event.type} came after it was ${before.state}`;
  if (event.at < before.updatedAt) return `${event.type} goes back in time`;
  if (RULES[event.type](before, event)) return undefined;
  const name = "step" in event ? ` of step ${event.step}` : "";
  const found = "step" in event ? findStep(before, event.step)?.state : undefined;
  return `${event.type}${name} is no move of a task that is ${[before.state, found].join(", ")}`;
}

function mayStart(found: Step, before: Task, event: TaskEvent): boolean {
  const ready = found.after.every((name) => findStep(before, name)?.state === "succeeded");
  const inTime = found.state === "waiting" || event.at >= (found.retryAt ?? event.at);
  const free = found.state === "waiting" || found.state === "retrying";
  const next = event.type === "StepStarted" && event.attempt === found.attempt + 1;
  return before.state === "running" && !before.ending && ready && free && inTime && next;
}

function mayUndo({ undo }: Step, before: Task, event: TaskEvent): boolean {
  if (undo === undefined || before.ending === undefined || event.type !== "UndoStarted")
    return false;
  const free = undo.state === "ready" || undo.state === "retrying";
  const inTime = undo.state === "ready" || event.at >= (undo.retryAt ?? event.at);
  return free && inTime && event.attempt === undo.attempt + 1;
}

function isUndone({ state }: NonNullable<Step["undo"]>): boolean {
  return state === "done" || state === "failed";
}

function isLate({ state, startBy, finishBy, ending: decided }: Task, at: number): boolean {
  if (decided !== undefined) return true;
  const byStart = state === "pending" && startBy !== undefined && at >= startBy;
  return byStart || (finishBy !== undefined && at >= finishBy);
}
