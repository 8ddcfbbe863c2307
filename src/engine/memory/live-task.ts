import { DomainError } from "../../core/errors.ts";
import type { TaskEvent } from "../../core/events.ts";
import type { Task } from "../../core/task.ts";
import type { OpenContent } from "./open-contents.ts";

/** An open task. Its commands are handled one after the other. */
export interface LiveTask extends OpenContent {
  /** The task as this process committed it last, whole or as an outline. */
  task: Task;
  /** The task as it was read from the store, if that was newer: an answer must never be older than an earlier one. */
  seen: Task | undefined;
  /** An append failed and the log could not be read afterwards: it may have events that `task` lacks. */
  inDoubt: boolean;
  tail: Promise<unknown>;
}

const IDLE: Promise<unknown> = Promise.resolve();

/** @param bytes the length of its row as JSON */
export function liveTask(task: Task, bytes: number): LiveTask {
  return {
    task,
    bytes,
    isParked: false,
    isUsed: false,
    isAtWork: false,
    isDormant: false,
    seen: undefined,
    inDoubt: false,
    tail: IDLE,
  };
}

/** The task as it may be shown; undefined: it has to be read. */
export function shownOf(live: LiveTask): Task | undefined {
  if (live.isParked) return live.seen;
  live.isUsed = true;
  return live.seen ?? live.task;
}

/**
 * What to show of a task that the store returned. A read can show a commit that this thread does not know yet; from then on
 * no older version may be shown. Undefined: a newer one has to be read.
 */
export function newestOf(live: LiveTask, task: Task): Task | undefined {
  const known = live.seen ?? live.task;
  if (known.version < task.version) {
    live.seen = task;
    return task;
  }
  if (known !== live.task || !live.isParked) return known;
  return known.version > task.version ? undefined : task;
}

/** The length of a task's row or of events as JSON, where the store has not said it. */
export function jsonLength(value: object): number {
  return JSON.stringify(value).length;
}

/** Whether an attempt begins with the event. */
export function beginsAttempt({ type }: TaskEvent): boolean {
  return type === "StepStarted" || type === "UndoStarted";
}

/** A task that may be open, for which a command came too soon. */
export function stillStarting(taskId: string): DomainError {
  const message = `the service is starting and has not come to task ${taskId}; try again in a moment`;
  return new DomainError("StoreUnavailable", message, { taskId });
}
