import { DomainError } from "./errors.ts";
import type { TaskEvent } from "./events.ts";
import { findStep, isFinal, type Task } from "./task.ts";

/** What a command leads to: new facts (none: it changes nothing), or a refusal. */
export type Decision = readonly TaskEvent[] | DomainError;

export function refuse(
  task: Task,
  code: "TaskEnded" | "TaskNotCancelable" | "TaskNotPausable" | "TaskNotResumable",
  rule: string,
): DomainError {
  const ended = isFinal(task.state) ? "TaskEnded" : code;
  return new DomainError(ended, `task ${task.id} is ${task.state}; ${rule}`, {
    taskId: task.id,
    state: task.state,
  });
}

export function unexpected(task: Task, expected: string): DomainError {
  return new DomainError("UnexpectedState", `task ${task.id} is ${task.state}, not ${expected}`, {
    taskId: task.id,
    state: task.state,
  });
}

export function notRunning(task: Task, step: string, expected: string): DomainError {
  const found = findStep(task, step);
  const state = found ? `${found.state}, attempt ${found.attempt}` : "no step of it";
  return new DomainError(
    "StepNotRunning",
    `step "${step}" of task ${task.id} is ${state}, not ${expected}`,
    {
      taskId: task.id,
      step,
    },
  );
}
