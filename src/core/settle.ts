import type { TaskEvent } from "./events.ts";
import { fold } from "./evolve.ts";
import { readySteps } from "./plan.ts";
import type { Task, TaskError } from "./task.ts";
import { hasUndo, undoNext } from "./undo.ts";

export function checkDeadlines(task: Task, at: number): readonly TaskEvent[] {
  // No deadline counts while steps are undone, or while an imported task is held.
  if (task.ending !== undefined || task.held !== undefined) return [];
  if (task.state === "canceling" && task.cancel !== undefined && at >= task.cancel.deadline) {
    return end(task, { type: "TaskCanceled", at });
  }
  const missed =
    task.state === "pending" || task.state === "running" ? missedDeadline(task, at) : undefined;
  return missed ? end(task, { type: "TaskExpired", at, error: missed }) : [];
}

function missedDeadline(task: Task, at: number): TaskError | undefined {
  if (task.state === "pending" && task.startBy !== undefined && at >= task.startBy) {
    const message = `the task had not started by its start-by deadline (${task.startBy} ms since the epoch)`;
    return { code: "StartDeadlineExceeded", message, retryable: true };
  }
  if (task.finishBy !== undefined && at >= task.finishBy) {
    const message = `the task had not ended by its finish-by deadline (${task.finishBy} ms since the epoch)`;
    return { code: "FinishDeadlineExceeded", message, retryable: true };
  }
  return undefined;
}

/** Adds what follows from `events`: the start of the next steps, or the end of the task. */
export function settle(
  before: Task,
  at: number,
  events: readonly TaskEvent[],
): readonly TaskEvent[] {
  const task = fold(events, before);
  return [...events, ...consequences(task, at)];
}

function consequences(task: Task, at: number): readonly TaskEvent[] {
  if (task.ending !== undefined) return undoNext(task, task.ending, at);
  if (task.state === "canceling") {
    const busy = task.steps.some((step) => step.state === "running");
    return busy ? [] : end(task, { type: "TaskCanceled", at });
  }
  if (task.state !== "running") return [];
  const failed = task.steps.find((step) => step.state === "failed");
  if (failed?.error) return end(task, { type: "TaskFailed", at, error: failed.error });
  if (task.steps.every((step) => step.state === "succeeded"))
    return [{ type: "TaskSucceeded", at }];
  // After a restart or a long step, no further step may start after the deadline.
  const late = checkDeadlines(task, at);
  if (late.length > 0) return late;
  return readySteps(task.steps).map((step) => ({
    type: "StepStarted",
    at,
    step: step.name,
    attempt: step.attempt + 1,
  }));
}

type UnhappyEnd = Extract<TaskEvent, { type: "TaskFailed" | "TaskCanceled" | "TaskExpired" }>;

const ENDS = { TaskFailed: "failed", TaskCanceled: "canceled", TaskExpired: "expired" } as const;

/**
 * Ends the task: steps that began and have not ended are canceled with it. If steps have to be undone, that comes
 * first, and the end follows.
 */
function end(task: Task, event: UnhappyEnd): readonly TaskEvent[] {
  const begun = task.steps.filter(
    ({ state, attempt }) =>
      state === "running" || state === "retrying" || (state === "waiting" && attempt > 0),
  );
  const { at } = event;
  const canceled = begun.map((step) => ({ type: "StepCanceled", at, step: step.name }) as const);
  if (!hasUndo(task)) return [...canceled, event];
  const error = event.type === "TaskCanceled" ? undefined : event.error;
  const ending = { at, as: ENDS[event.type], ...(error && { error }) };
  return [...canceled, { type: "TaskEnding", ...ending }, ...undoNext(task, ending, at)];
}
