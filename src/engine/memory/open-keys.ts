import type { Task } from "../../core/task.ts";

/** The open tasks of each concurrency key, in the order of their submission: the first one holds the key. */
export class OpenKeys {
  readonly #byKey = new Map<string, Set<string>>();

  add(task: Task): void {
    const key = keyOf(task);
    if (key === undefined) return;
    const ids = this.#byKey.get(key);
    if (ids) ids.add(task.id);
    else this.#byKey.set(key, new Set([task.id]));
  }

  remove(task: Task): void {
    const key = keyOf(task);
    if (key === undefined) return;
    const ids = this.#byKey.get(key);
    ids?.delete(task.id);
    if (ids?.size === 0) this.#byKey.delete(key);
  }

  /** Those that come before `task`; all of them if it is not submitted yet. */
  ahead(task: Pick<Task, "id" | "account" | "concurrencyKey">): readonly string[] {
    const key = keyOf(task);
    const ids = key === undefined ? [] : [...(this.#byKey.get(key) ?? [])];
    const place = ids.indexOf(task.id);
    return place < 0 ? ids : ids.slice(0, place);
  }
}

/** Account ids hold no blanks, so the pair is unambiguous. */
function keyOf(task: Pick<Task, "account" | "concurrencyKey">): string | undefined {
  return task.concurrencyKey === undefined ? undefined : `${task.account} ${task.concurrencyKey}`;
}
