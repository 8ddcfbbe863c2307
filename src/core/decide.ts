import type { TaskCommand } from "./commands.ts";
import { decideStep, recover } from "./decide-steps.ts";
import { DomainError } from "./errors.ts";
import { type Decision, refuse, unexpected } from "./refusals.ts";
import { checkDeadlines, settle } from "./settle.ts";
import { isFinal, type Task } from "./task.ts";

/** The rules of a task's life (docs/task-lifecycle.md). Pure: the same arguments always give the same decision. */
export function decide(task: Task | undefined, command: TaskCommand): Decision {
  if (command.type === "SubmitTask") {
    return task === undefined
      ? [{ type: "TaskSubmitted", at: command.at, task: command.task }]
      : new DomainError(
          "UnexpectedState",
          `task ${task.id} was submitted before; its id cannot be used again`,
        );
  }
  if (task === undefined)
    return new DomainError("TaskNotFound", "the task does not exist; submit it first");
  // If the clock jumps back, the times of a task do not.
  const told = command.at > task.updatedAt ? command.at : task.updatedAt;
  const at = "due" in command && command.due > told ? command.due : told;
  return decideLater(task, command, at);
}

type LaterCommand = Exclude<TaskCommand, { type: "SubmitTask" }>;

function decideLater(task: Task, command: LaterCommand, at: number): Decision {
  switch (command.type) {
    case "StartTask":
      return start(task, at);
    case "PauseTask":
      return pause(task, at, command.by, command.reason);
    case "ResumeTask":
      return resume(task, at, command.by, command.reason);
    case "CancelTask":
      return cancel(task, at, command);
    case "CheckDeadlines":
      return checkDeadlines(task, at);
    case "RecoverTask":
      return recover(task, at);
    case "ImportTask":
      return takeIn(task, at, command);
    default:
      return decideStep(task, command, at);
  }
}

function start(task: Task, at: number): Decision {
  if (task.state !== "pending") return unexpected(task, "pending");
  if (task.held !== undefined) return unexpected(task, "released: it is held until it is resumed");
  if (task.notBefore !== undefined && at < task.notBefore) {
    return new DomainError(
      "UnexpectedState",
      `task ${task.id} is not to start before ${task.notBefore}`,
    );
  }
  const late = checkDeadlines(task, at);
  return late.length > 0 ? late : settle(task, at, [{ type: "TaskStarted", at }]);
}

function pause(task: Task, at: number, by: string, reason: string): Decision {
  if (task.state === "paused") return [];
  if (task.ending !== undefined) return refuse(task, "TaskNotPausable", "its steps are undone");
  if (task.state === "running") return [{ type: "TaskPaused", at, by, reason }];
  return refuse(task, "TaskNotPausable", "only a running task can be paused");
}

function resume(task: Task, at: number, by: string, reason: string): Decision {
  if (task.state === "running") return [];
  if (task.state === "paused") return settle(task, at, [{ type: "TaskResumed", at, by, reason }]);
  if (task.held !== undefined) return [{ type: "TaskResumed", at, by, reason }];
  return refuse(task, "TaskNotResumable", "only a paused task can be resumed");
}

type ImportCommand = Extract<TaskCommand, { type: "ImportTask" }>;

/** Only work that is still wanted is taken over: what is being canceled or undone ends where it began. */
function takeIn(task: Task, at: number, { by, from, held }: ImportCommand): Decision {
  if (isFinal(task.state) || task.state === "canceling" || task.ending !== undefined) {
    return unexpected(task, "one that still has work to do");
  }
  return [{ type: "TaskImported", at, by, from, ...(held !== undefined && { held }) }];
}

type CancelCommand = Extract<TaskCommand, { type: "CancelTask" }>;

function cancel(task: Task, at: number, { by, reason, deadline }: CancelCommand): Decision {
  if (task.state === "canceling" || task.state === "canceled") return [];
  if (isFinal(task.state)) return refuse(task, "TaskEnded", "an ended task never changes");
  if (task.ending !== undefined) {
    return refuse(task, "TaskNotCancelable", `its steps are undone, and it ends ${task.ending.as}`);
  }
  return settle(task, at, [{ type: "CancelRequested", at, by, reason, deadline }]);
}
