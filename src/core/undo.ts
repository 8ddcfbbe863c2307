import { unreachable } from "./errors.ts";
import type { TaskEvent } from "./events.ts";
import type { Ending, Step, Task, Undo } from "./task.ts";

type UndoEvent = Extract<TaskEvent, { type: `Undo${string}` }>;

/** The step after one more event of its undoing. */
export function changeUndo(step: Step, event: UndoEvent): Step {
  const { undo } = step;
  if (undo === undefined) throw new TypeError(`step "${step.name}" has nothing to undo`);
  return { ...step, updatedAt: event.at, undo: changed(undo, event) };
}

function changed(undo: Undo, event: UndoEvent): Undo {
  const { retryAt: _, ...rest } = undo;
  switch (event.type) {
    case "UndoStarted": {
      const { error: _gone, ...fresh } = rest;
      return { ...fresh, state: "running", attempt: event.attempt };
    }
    case "UndoSucceeded":
      return { ...rest, state: "done" };
    case "UndoFailed": {
      const counted = { ...rest, failures: undo.failures + 1, error: event.error };
      return event.retryAt === undefined
        ? { ...counted, state: "failed" }
        : { ...counted, state: "retrying", retryAt: event.retryAt };
    }
    case "UndoInterrupted": {
      const crashes = undo.crashes + (event.cause === "crash" ? 1 : 0);
      return { ...rest, state: "ready", crashes };
    }
    default:
      return unreachable(event);
  }
}

/** Whether the task has anything to undo before it ends. */
export function hasUndo({ steps }: Task): boolean {
  return steps.some(({ undo }) => undo?.state === "ready");
}

/** One at a time, the latest success first; when all is undone, the end. */
export function undoNext({ steps }: Task, ending: Ending, at: number): readonly TaskEvent[] {
  let next: { readonly name: string; readonly undo: Undo } | undefined;
  for (const { name, undo } of steps) {
    if (undo?.state === "running" || undo?.state === "retrying") return [];
    if (undo?.state === "ready" && (next === undefined || undo.order > next.undo.order)) {
      next = { name, undo };
    }
  }
  if (next === undefined) return [endOf(ending, at)];
  return [{ type: "UndoStarted", at, step: next.name, attempt: next.undo.attempt + 1 }];
}

function endOf({ as, error }: Ending, at: number): TaskEvent {
  // A task that will fail or expire always has an error.
  if (as === "canceled" || error === undefined) return { type: "TaskCanceled", at };
  return { type: as === "failed" ? "TaskFailed" : "TaskExpired", at, error };
}
