import type { Task } from "../../../core/task.ts";
import type { Waiting } from "./priority-queue.ts";

interface KeyLine {
  /** The tasks that may run: they run, or wait only for a slot. */
  readonly admitted: Map<string, Task>;
  /** The tasks that wait for the key, first come first served. */
  readonly line: Waiting[];
}

/**
 * Lets at most `maxPerKey` tasks (usually one) with the same concurrency key run, first come first served. It only
 * orders tasks that are committed and belong to this executor; who holds a key is the store's answer (`tasksWithKey`).
 */
export class ConcurrencyKeys {
  readonly #maxPerKey: (task: Task) => number;
  readonly #byKey = new Map<string, KeyLine>();

  constructor(maxPerKey: (task: Task) => number) {
    this.#maxPerKey = maxPerKey;
  }

  /** Adds a task. True: it may run; false: it waits for its key. */
  join(waiting: Waiting): boolean {
    const key = keyOf(waiting.task);
    if (key === undefined) return true;
    const found = this.#of(key);
    found.line.push(waiting);
    return this.#admit(found).includes(waiting);
  }

  /** Whether no other task with its key comes before it. */
  hasRoomFor(task: Task): boolean {
    const key = keyOf(task);
    const found = key === undefined ? undefined : this.#byKey.get(key);
    return found === undefined || (found.line.length === 0 && this.#fits(task, found));
  }

  /** Admits a task without waiting: it is free to run, or has started already. */
  take(task: Task): void {
    const key = keyOf(task);
    if (key !== undefined) this.#of(key).admitted.set(task.id, task);
  }

  /** Removes a task; returns the tasks that may run instead. */
  leave(task: Task): readonly Waiting[] {
    const key = keyOf(task);
    const found = key === undefined ? undefined : this.#byKey.get(key);
    if (key === undefined || found === undefined) return [];
    found.admitted.delete(task.id);
    const index = found.line.findIndex((one) => one.task.id === task.id);
    if (index >= 0) found.line.splice(index, 1);
    const next = this.#admit(found);
    if (found.admitted.size === 0 && found.line.length === 0) this.#byKey.delete(key);
    return next;
  }

  /** The ids of the tasks that come before this one; empty if it does not wait for its key. */
  ahead(task: Task): readonly string[] {
    const key = keyOf(task);
    const found = key === undefined ? undefined : this.#byKey.get(key);
    const index = found?.line.findIndex((one) => one.task.id === task.id) ?? -1;
    if (found === undefined || index < 0) return [];
    return [...found.admitted.keys(), ...found.line.slice(0, index).map((one) => one.task.id)];
  }

  #admit({ admitted, line }: KeyLine): readonly Waiting[] {
    const next: Waiting[] = [];
    for (let [first] = line; first !== undefined; [first] = line) {
      if (!this.#fits(first.task, { admitted })) break;
      admitted.set(first.task.id, first.task);
      next.push(first);
      line.shift();
    }
    return next;
  }

  /** Whether one more task is within `maxPerKey` of all tasks that are admitted, and of its own. */
  #fits(task: Task, { admitted }: Pick<KeyLine, "admitted">): boolean {
    const all = [task, ...admitted.values()];
    return all.length <= Math.min(...all.map(this.#maxPerKey));
  }

  #of(key: string): KeyLine {
    let found = this.#byKey.get(key);
    if (found === undefined) {
      found = { admitted: new Map(), line: [] };
      this.#byKey.set(key, found);
    }
    return found;
  }
}

/** Account ids hold no blanks, so the pair is unambiguous. */
export function keyOf(task: Task): string | undefined {
  return task.concurrencyKey === undefined ? undefined : `${task.account} ${task.concurrencyKey}`;
}
