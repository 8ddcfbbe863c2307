import type { TaskCommand } from "../core/commands.ts";
import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { isFinal, type Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { checkSignalData } from "./bounds/log-bounds.ts";
import type { ControlRequest, Signal } from "./task-service.ts";

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

/** @throws DomainError `InvalidParameter` for more data than an answer may have, before its secrets are sealed. */
export function signalCommand(
  at: number,
  { data, ...signal }: Signal,
  seal: (data: JsonObject) => JsonObject,
): TaskCommand {
  if (data !== undefined) checkSignalData(data);
  return { type: "SignalTask", at, ...signal, ...(data && { data: seal(data) }) };
}

function runsToItsEnd(
  code: "TaskNotCancelable" | "TaskNotPausable",
  what: string,
  { id, type }: Task,
): DomainError {
  const message = `the task ${id} can not be ${what}: tasks of type ${type} run to their end`;
  return new DomainError(code, message, { taskId: id, type });
}
