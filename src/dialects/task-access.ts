import { DomainError } from "../core/errors.ts";
import type { Task } from "../core/task.ts";
import type { Caller, ControlRequest, TaskService } from "../engine/task-service.ts";
import { Pace, type WalkPage, walk } from "../pace.ts";
import { badToken } from "./page-token.ts";

export type TaskListQuery = Parameters<TaskService["list"]>[0];
type TaskListPage = Awaited<ReturnType<TaskService["list"]>>;

/** The longest id that is looked up. Every id that we make is shorter. */
const MAX_ID_LENGTH = 256;

/**
 * Calls `use` with the task: at once when the engine has it in memory, after a read otherwise. `product` limits what a
 * dialect can see: another product's task is not found, whoever owns it.
 * @throws DomainError `MissingParameter` for an empty id, `TaskNotFound`.
 */
export function withTask<T>(
  service: TaskService,
  product: string | undefined,
  caller: Caller,
  id: { readonly parameter: string; readonly value: string | undefined },
  use: (task: Task) => T,
): T | Promise<T> {
  const taskId = id.value ?? "";
  if (taskId === "") throw missingId(id.parameter);
  if (taskId.length > MAX_ID_LENGTH) throw taskNotFound(`${taskId.slice(0, 32)}…`);
  const task = service.peek(caller.account, taskId);
  if (task !== undefined) return use(visible(task, product));
  return service.get(caller.account, taskId).then((read) => use(visible(read, product)));
}

/**
 * A page of a list.
 * @throws DomainError `InvalidParameter` naming `parameter`, the client's word for the cursor, if the store refuses it.
 */
export async function listPage(
  service: TaskService,
  query: TaskListQuery,
  parameter: string,
): Promise<TaskListPage> {
  try {
    return await service.list(query);
  } catch (error) {
    const refused = error instanceof DomainError && error.code === "InvalidParameter";
    throw refused && query.cursor !== undefined ? badToken(parameter, query.cursor) : error;
  }
}

/**
 * What `show` makes of the tasks of a page that is as long as it was asked for, for clients that number their pages: what a
 * list leaves out at its size (`listPageBytes`) they cannot ask for. The rows of no more than one such part are in memory.
 */
export async function wholePage<T>(
  service: TaskService,
  query: TaskListQuery,
  show: (task: Task) => T,
): Promise<readonly T[]> {
  const shown: T[] = [];
  const read = async (asked: TaskListQuery): Promise<WalkPage<Task, TaskListQuery>> => {
    const { tasks, damaged = 0, next: cursor } = await service.list(asked);
    const { skip: _, ...rest } = asked;
    const limit = asked.limit - tasks.length - damaged; // a damaged task has its place, so that none is on two pages
    const isWhole = cursor === undefined || limit === 0;
    return { items: tasks, next: isWhole ? undefined : { ...rest, cursor, limit } };
  };
  await walk(new Pace(query.account), query, read, (task) => {
    shown.push(show(task));
  });
  return shown;
}

export function controlRequest(caller: Caller, action: string): ControlRequest {
  return { by: caller.actor, reason: action };
}

function visible(task: Task, product: string | undefined): Task {
  if (product !== undefined && task.product !== product) throw taskNotFound(task.id);
  return task;
}

function taskNotFound(taskId: string): DomainError {
  return new DomainError("TaskNotFound", `task ${taskId} does not exist; check its id`, { taskId });
}

function missingId(parameter: string): DomainError {
  return new DomainError("MissingParameter", `parameter ${parameter} is missing; give a task id`, {
    parameter,
    expected: "a task id",
  });
}
