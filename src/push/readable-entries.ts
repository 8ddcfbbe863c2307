import type { TaskService } from "../engine/task-service.ts";
import { mayRead, type TaskRights } from "../task-rights.ts";
import type { FeedEntry } from "./feed-entry.ts";

export type Wants = (entry: FeedEntry) => boolean | Promise<boolean>;

/** The filter of a subscriber who gets only what its key may read at that moment. Undefined: everything. */
export function readableEntries(
  service: Pick<TaskService, "peek" | "get">,
  rights: TaskRights | undefined,
  wants: Wants | undefined,
): Wants | undefined {
  if (rights === undefined) return wants;
  const may = (entry: FeedEntry): boolean | Promise<boolean> => {
    const { account, taskId } = entry;
    const task = entry.task ?? service.peek(account, taskId);
    if (task !== undefined) return mayRead(rights, task);
    return service.get(account, taskId).then((read) => mayRead(rights, read));
  };
  if (wants === undefined) return may;
  return (entry) => {
    const wanted = wants(entry);
    if (wanted === false) return false;
    return wanted === true ? may(entry) : wanted.then((fits) => fits && may(entry));
  };
}
