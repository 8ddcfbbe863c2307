import type { Task } from "../../core/task.ts";

/** Somebody who waits for the end of a task. */
export interface EndWait {
  readonly ended: Promise<Task>;
  /** Nobody waits any more. */
  readonly giveUp: () => void;
}

/** Who waits for the end of which task. */
export class EndWaits {
  readonly #waiting = new Map<string, Set<(task: Task) => void>>();

  wait(taskId: string): EndWait {
    const { promise: ended, resolve } = Promise.withResolvers<Task>();
    const waiting = this.#waiting.get(taskId);
    if (waiting) waiting.add(resolve);
    else this.#waiting.set(taskId, new Set([resolve]));
    return { ended, giveUp: () => this.#giveUp(taskId, resolve) };
  }

  tell(task: Task): void {
    const waiting = this.#waiting.get(task.id);
    if (waiting === undefined) return;
    this.#waiting.delete(task.id);
    for (const resolve of waiting) resolve(task);
  }

  #giveUp(taskId: string, resolve: (task: Task) => void): void {
    const waiting = this.#waiting.get(taskId);
    waiting?.delete(resolve);
    if (waiting?.size === 0) this.#waiting.delete(taskId);
  }
}
