import type { Task } from "../../../core/task.ts";

/** A task that waits for its start, and what decides its place among the others. */
export interface Waiting {
  /** Only an outline of it once its content has left memory. */
  task: Task;
  /**
   * Since when it waits (monotonic, ms), less `ageingMs` for each level of its priority: lower comes first. As all grow older
   * equally fast, two waiting tasks never change places.
   */
  readonly rank: number;
  /** Counts those that came before: among equals, who came first goes first. */
  readonly sequence: number;
}

/** The order of two waiting tasks of one account: below 0 if `one` goes first. */
export type Order = (one: Waiting, other: Waiting) => number;

export function byOrder(one: Waiting, other: Waiting): number {
  return one.rank - other.rank || one.sequence - other.sequence;
}

/** Subtasks run in the slots of their parents, so they wait for none. */
export type TaskKind = "task" | "subtask";

export function kindOf({ parent }: Task): TaskKind {
  return parent === undefined ? "task" : "subtask";
}
