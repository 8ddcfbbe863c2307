import type { Task } from "../../core/task.ts";

/** How many ids of tasks that were read once are remembered, as a multiple of the tasks that are kept. */
const REMEMBERED = 4;

/**
 * Ended tasks that were read lately, at most twice `size`. There are two generations instead of a list in order of use:
 * a hit costs one look-up, and the older generation is dropped as a whole.
 */
export class RecentTasks {
  readonly #size: number;
  #readOnce = new Set<string>();
  #readOnceBefore = new Set<string>();
  #young = new Map<string, Task>();
  #old = new Map<string, Task>();
  hits = 0;
  misses = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get(id: string): Task | undefined {
    const young = this.#young.get(id);
    if (young) {
      this.hits++;
      return young;
    }
    const old = this.#old.get(id);
    if (old) {
      this.hits++;
      this.add(old);
      return old;
    }
    this.misses++;
    return undefined;
  }

  /**
   * Keeps a task that was read if it was read before lately. A client that reads all tasks reads each of them once:
   * keeping those would replace the others, and cost the garbage collector most.
   */
  offer(task: Task): void {
    const { id } = task;
    if (this.#readOnce.has(id) || this.#readOnceBefore.has(id)) {
      this.add(task);
      return;
    }
    this.#readOnce.add(id);
    if (this.#readOnce.size < REMEMBERED * this.#size) return;
    this.#readOnceBefore = this.#readOnce;
    this.#readOnce = new Set();
  }

  add(task: Task): void {
    this.#young.set(task.id, task);
    if (this.#young.size < this.#size) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
