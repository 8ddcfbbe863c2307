import { isStoreAway } from "../../core/errors.ts";
import { isFinal, type Task } from "../../core/task.ts";
import type { TaskType } from "../../core/task-type.ts";
import type { Log } from "../../log.ts";
import type { ResourceChange, ResourceStore } from "../../store/store.ts";
import { ResourceBuffer } from "./resource-buffer.ts";

export interface EndChangesOptions {
  readonly store: ResourceStore;
  readonly log: Log;
  readonly typeOf: (task: Task) => TaskType | undefined;
  /** Opens the secrets of a task for its `onEnd`, and hides them in what that throws. */
  readonly secrets: {
    openTask(task: Task): Task;
    hideError(error: unknown, task: Task): unknown;
  };
}

/** The resource changes of the step and, when the task ends, those of its type's `onEnd`. */
export async function changesWith(
  task: Task,
  resources: ResourceBuffer | undefined,
  { store, log, typeOf, secrets }: EndChangesOptions,
): Promise<readonly ResourceChange[] | undefined> {
  const onEnd = isFinal(task.state) ? typeOf(task)?.onEnd : undefined;
  if (onEnd === undefined) return resources?.isEmpty === false ? resources.changes() : undefined;
  const all = resources?.copy() ?? new ResourceBuffer(store, task.account);
  try {
    await onEnd(secrets.openTask(task), all);
    return await all.changes();
  } catch (error) {
    if (isStoreAway(error)) throw error; // the end is tried again
    log.error(
      { taskId: task.id, error: secrets.hideError(error, task) },
      "onEnd failed; the task ends without its changes",
    );
    return resources?.changes();
  }
}
