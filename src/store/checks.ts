import { DomainError } from "../core/errors.ts";
import type { Append } from "./store.ts";

const MAX_PAGE = 1000;

/**
 * Checks that the log folds to the row, before it is written. @throws TypeError, because a mismatch is a bug of the
 * caller.
 */
export function checkAppend(append: Append): void {
  const { taskId, expectedVersion, events, task, token, resources } = append;
  if (task.id !== taskId) throw new TypeError(`append to ${taskId} brings the task ${task.id}`);
  if (
    (events.length === 0 && token === undefined) ||
    task.version !== expectedVersion + events.length
  ) {
    throw new TypeError(
      `append to ${taskId}: its task has version ${task.version}, expected ${expectedVersion} + ${events.length} events, at least one or a token`,
    );
  }
  const changed = new Set(resources?.map(({ kind, id }) => JSON.stringify([kind, id])));
  if (changed.size < (resources?.length ?? 0)) {
    throw new TypeError(`append to ${taskId} changes a resource twice; merge the changes`);
  }
}

export function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return;
  throw new DomainError(
    "InvalidParameter",
    `a page has 1 to ${MAX_PAGE} entries; ${limit} were asked for`,
    { parameter: "limit", found: limit },
  );
}
