import { DomainError } from "../core/errors.ts";
import type { TaskEvent } from "../core/events.ts";
import { evolve } from "../core/evolve.ts";
import type { Task } from "../core/task.ts";
import { walkLog } from "../store/log-walk.ts";
import type { Position } from "../store/store.ts";
import type { TaskService } from "./task-service.ts";

/** Which events count: those up to a moment (ms since the epoch), a version, or a position of the log, all inclusive. */
export type Until =
  | { readonly at: number }
  | { readonly version: number }
  | { readonly position: Position };

/**
 * A task as it was at a moment or version: the fold of the first part of its log.
 * @throws DomainError `TaskNotFound`, also for a moment before the task was submitted.
 */
export async function pastTask(
  service: Pick<TaskService, "get" | "events">,
  account: string,
  taskId: string,
  until: Until,
): Promise<Task> {
  const now = await service.get(account, taskId);
  if ("at" in until && now.updatedAt <= until.at) return now;
  if ("version" in until && now.version === until.version) return now;
  const past = await foldUntil(service, account, now.id, (event, version, position) => {
    if ("at" in until) return event.at <= until.at;
    return "version" in until ? version <= until.version : position <= until.position;
  });
  if (past !== undefined) return past;
  const message = `the task ${taskId} did not exist at that moment`;
  throw new DomainError("TaskNotFound", message, { taskId });
}

/** The fold of a task's events before the first one for which `belongs` is false. */
async function foldUntil(
  service: Pick<TaskService, "get" | "events">,
  account: string,
  taskId: string,
  belongs: (event: TaskEvent, version: number, position: Position) => boolean,
): Promise<Task | undefined> {
  let task: Task | undefined;
  await walkLog(service, { account, taskId }, ({ events, position }) => {
    for (const event of events) {
      if (!belongs(event, (task?.version ?? 0) + 1, position)) return false;
      task = evolve(task, event);
    }
    return true;
  });
  return task;
}
