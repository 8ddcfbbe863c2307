import { DomainError } from "../core/errors.ts";
import type { TaskEvent } from "../core/events.ts";
import { evolve } from "../core/evolve.ts";
import type { Task } from "../core/task.ts";
import { walkLog } from "../store/log-walk.ts";
import type { TaskService } from "./task-service.ts";

/** Which events count: those up to a moment (ms since the epoch) or up to a version, both inclusive. */
export type Until = { readonly at: number } | { readonly version: number };

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
  if ("at" in until ? now.updatedAt <= until.at : now.version === until.version) return now;
  const past = await foldUntil(service, account, now.id, (event, version) =>
    "at" in until ? event.at <= until.at : version <= until.version,
  );
  if (past !== undefined) return past;
  const message = `the task ${taskId} did not exist at that moment`;
  throw new DomainError("TaskNotFound", message, { taskId });
}

/** The fold of a task's events before the first one for which `belongs` is false. */
async function foldUntil(
  service: Pick<TaskService, "get" | "events">,
  account: string,
  taskId: string,
  belongs: (event: TaskEvent, version: number) => boolean,
): Promise<Task | undefined> {
  let task: Task | undefined;
  await walkLog(service, { account, taskId }, ({ events }) => {
    for (const event of events) {
      if (!belongs(event, (task?.version ?? 0) + 1)) return false;
      task = evolve(task, event);
    }
    return true;
  });
  return task;
}
