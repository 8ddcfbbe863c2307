import type { JsonObject } from "../../core/json.ts";
import type { Ending, Step, Task, Undo } from "../../core/task.ts";

const NOTHING: JsonObject = Object.freeze({});
const NO_LIST: readonly never[] = Object.freeze([]);

/**
 * What remains in memory of an open task whose content is in the store alone: what decides when it goes on, and who it is.
 * What can be large is empty, so it is never shown, and no event is applied to it. Pure.
 */
export function outlineOf(task: Task): Task {
  const {
    labels: _,
    forkOf: _fork,
    message: _message,
    error: _error,
    traceparent: _trace,
    ...kept
  } = task;
  return {
    ...kept,
    input: NOTHING,
    attributes: NOTHING,
    outputs: NOTHING,
    items: NO_LIST,
    notices: NO_LIST,
    // Nothing asks for the steps of a task that has not begun.
    steps: task.state === "pending" ? NO_LIST : task.steps.map(outlineOfStep),
    ...(task.ending && { ending: withoutError(task.ending) }),
  };
}

function outlineOfStep(step: Step): Step {
  const {
    labels: _,
    takenOver: _taken,
    message: _message,
    outputs: _outputs,
    subtasks: _subtasks,
    approvals: _approvals,
    error: _error,
    ...kept
  } = step;
  return { ...kept, after: NO_LIST, ...(step.undo && { undo: withoutError(step.undo) }) };
}

function withoutError<T extends Undo | Ending>({ error: _, ...kept }: T): Omit<T, "error"> {
  return kept;
}

/** Whether an attempt of the task runs: then its content is needed. */
export function isAtWork({ steps }: Task): boolean {
  return steps.some(({ state, undo }) => state === "running" || undo?.state === "running");
}
