import type { Task } from "../../core/task.ts";

/** How many ids of tasks that were read once are remembered, as a multiple of the tasks that are kept. */
const REMEMBERED = 4;

/** A task, and the length of its row as JSON, which is about the memory that it takes. */
export interface SizedTask {
  readonly task: Task;
  readonly bytes: number;
}

/**
 * Ended tasks that were read lately, at most `bytes` and twice `size`. There are two generations instead of a list in order
 * of use: a hit costs one look-up, and the older generation is dropped as a whole.
 */
export class RecentTasks {
  readonly #size: number;
  /** The budget of one generation. */
  readonly #bytes: number;
  #readOnce = new Set<string>();
  #readOnceBefore = new Set<string>();
  #young = new Map<string, SizedTask>();
  #old = new Map<string, SizedTask>();
  #youngBytes = 0;
  #oldBytes = 0;
  hits = 0;
  misses = 0;

  /** @param bytes the budget of all of them; a task that takes more than half of it is not kept. */
  constructor(size: number, bytes: number) {
    this.#size = size;
    this.#bytes = bytes / 2;
  }

  /** What they take up, with those that are in both generations counted twice. */
  get held(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  get(id: string): Task | undefined {
    return this.find(id)?.task;
  }

  /** The task with its size. */
  find(id: string): SizedTask | undefined {
    const young = this.#young.get(id);
    if (young) {
      this.hits++;
      return young;
    }
    const old = this.#old.get(id);
    if (old) {
      this.hits++;
      this.#keep(old);
      return old;
    }
    this.misses++;
    return undefined;
  }

  /**
   * Keeps a task that was read if it was read before lately. A client that reads all tasks reads each of them once:
   * keeping those would replace the others, and cost the garbage collector most.
   */
  offer(task: Task, bytes: number): void {
    const { id } = task;
    if (this.#readOnce.has(id) || this.#readOnceBefore.has(id)) {
      this.add(task, bytes);
      return;
    }
    this.#readOnce.add(id);
    if (this.#readOnce.size < REMEMBERED * this.#size) return;
    this.#readOnceBefore = this.#readOnce;
    this.#readOnce = new Set();
  }

  add(task: Task, bytes: number): void {
    this.#keep({ task, bytes });
  }

  #keep(kept: SizedTask): void {
    const { task, bytes } = kept;
    if (bytes > this.#bytes) return;
    if (this.#youngBytes + bytes > this.#bytes) this.#age();
    this.#youngBytes += bytes - (this.#young.get(task.id)?.bytes ?? 0);
    this.#young.set(task.id, kept);
    if (this.#young.size >= this.#size) this.#age();
  }

  #age(): void {
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
