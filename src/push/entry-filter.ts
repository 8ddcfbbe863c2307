import { DomainError } from "../core/errors.ts";
import type { Task } from "../core/task.ts";
import { dependsOnNow, dependsOnVersion, type Filter } from "../filter/filter.ts";
import { predicateOf } from "../filter/predicate.ts";
import type { FeedEntry } from "./feed-entry.ts";
import type { TaskStates } from "./task-states.ts";

/**
 * Whether an entry is about a task that fits, as the task was right after it. So the answer is the same whether the
 * entry comes live or is read from the log later.
 * @throws DomainError `InvalidParameter` for a filter that speaks of the present moment.
 */
export function entryFilter(
  states: TaskStates,
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
  if (dependsOnVersion(filter)) {
    return (entry) => {
      const known = states.known(entry);
      return known === undefined ? states.after(entry).then(fits) : fits(known);
    };
  }
  return (entry) => {
    const known = entry.task ?? states.knownAtAnyTime(entry);
    return known === undefined ? states.present(entry).then(fits) : fits(known);
  };
}
