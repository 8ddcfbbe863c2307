import type { TaskCommand } from "../core/commands.ts";
import { DomainError } from "../core/errors.ts";
import { isFinal, type Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import type { ControlRequest } from "./task-service.ts";

/** Makes the command for a cancel, pause or resume by a caller; `at` is ms since the epoch. */
export type CommandOf = (
  task: Task,
  type: TaskType | undefined,
  at: number,
  control: ControlRequest,
) => TaskCommand;

/** @throws DomainError `TaskNotCancelable` */
export const cancelCommand: CommandOf = (task, type, at, { by, reason }) => {
  if (type?.cancelable === false && !isFinal(task.state)) {
    throw runsToItsEnd("TaskNotCancelable", "canceled", task);
  }
  return { type: "CancelTask", at, by, reason, deadline: at + (type?.cancelGraceMs ?? 0) };
};

/** @throws DomainError `TaskNotPausable` */
export const pauseCommand: CommandOf = (task, type, at, { by, reason }) => {
  if (type?.pausable === false && !isFinal(task.state)) {
    throw runsToItsEnd("TaskNotPausable", "paused", task);
  }
  return { type: "PauseTask", at, by, reason };
};

export const resumeCommand: CommandOf = (_task, _type, at, { by, reason }) => ({
  type: "ResumeTask",
  at,
  by,
  reason,
});

function runsToItsEnd(
  code: "TaskNotCancelable" | "TaskNotPausable",
  what: string,
  { id, type }: Task,
): DomainError {
  const message = `the task ${id} can not be ${what}: tasks of type ${type} run to their end`;
  return new DomainError(code, message, { taskId: id, type });
}
