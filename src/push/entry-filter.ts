import { DomainError } from "../core/errors.ts";
import { fold } from "../core/evolve.ts";
import type { Task } from "../core/task.ts";
import { pastTask } from "../engine/past.ts";
import type { TaskService } from "../engine/task-service.ts";
import { dependsOnNow, dependsOnVersion, type Filter } from "../filter/filter.ts";
import { predicateOf } from "../filter/predicate.ts";
import type { FeedEntry } from "./feed-entry.ts";

const KEPT = 1_000;

/**
 * Whether an entry is about a task that fits, as the task was right after it. So the answer is the same whether the
 * entry comes live or is read from the log later.
 * @throws DomainError `InvalidParameter` for a filter that speaks of the present moment.
 */
export function entryFilter(
  service: TaskService,
  filter: Filter,
): (entry: FeedEntry) => boolean | Promise<boolean> {
  if (dependsOnNow(filter)) {
    const expected = "a filter without age, duration and health, which change without an event";
    throw new DomainError("InvalidParameter", `filter: give ${expected}`, {
      parameter: "filter",
      expected,
    });
  }
  const holds = predicateOf(filter);
  const fits = (task: Task) => holds({ task, now: task.updatedAt, health: () => undefined });
  const states = new TaskStates(service);
  const read = dependsOnVersion(filter)
    ? (entry: FeedEntry) => states.after(entry)
    : ({ account, taskId }: FeedEntry) => service.get(account, taskId);
  return (entry) => {
    const known = entry.task ?? states.known(entry);
    return known === undefined ? read(entry).then(fits) : fits(known);
  };
}

/** Tasks as they were right after an entry, folded on from entry to entry. */
class TaskStates {
  readonly #service: TaskService;
  readonly #kept = new Map<string, Task>();

  constructor(service: TaskService) {
    this.#service = service;
  }

  known({ taskId, firstVersion, events }: FeedEntry): Task | undefined {
    const before = this.#kept.get(taskId);
    if (firstVersion !== 1 && before?.version !== firstVersion - 1) return undefined;
    return this.#keep(fold(events, firstVersion === 1 ? undefined : before));
  }

  async after({ account, taskId, firstVersion, events }: FeedEntry): Promise<Task> {
    const version = firstVersion + events.length - 1;
    return this.#keep(await pastTask(this.#service, account, taskId, { version }));
  }

  #keep(task: Task): Task {
    this.#kept.delete(task.id);
    this.#kept.set(task.id, task);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return task;
  }
}
