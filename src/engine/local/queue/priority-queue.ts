import type { Task } from "../../../core/task.ts";

const PRIORITIES = 10;

/** A task in line, and since when it waits (monotonic). */
export interface Waiting {
  readonly task: Task;
  readonly since: number;
}

/** The task that is due next in a priority queue, and the list of its priority, which it is the first of. */
export interface Foremost {
  readonly waiting: Waiting;
  /** The priority of the task, plus what its wait adds. */
  readonly rank: number;
  readonly queue: Waiting[];
}

/** Waiting tasks: a list for each priority, first come first served. The foremost task is therefore one of ten. */
export class PriorityQueue {
  readonly #queues: Waiting[][] = Array.from({ length: PRIORITIES }, () => []);

  push(waiting: Waiting): void {
    this.#queues[waiting.task.priority]?.push(waiting);
  }

  get isEmpty(): boolean {
    return this.#queues.every((queue) => queue.length === 0);
  }

  /** Drops from the front those that no longer wait. `ageingMs` of waiting count as one level of priority. */
  foremost(
    now: number,
    ageingMs: number,
    stillWaits: (waiting: Waiting) => boolean,
  ): Foremost | undefined {
    let best: Foremost | undefined;
    for (const queue of this.#queues) {
      while (queue[0] !== undefined && !stillWaits(queue[0])) queue.shift();
      const [waiting] = queue;
      if (waiting === undefined) continue;
      const rank = waiting.task.priority + (now - waiting.since) / ageingMs;
      if (best === undefined || rank >= best.rank) best = { waiting, rank, queue };
    }
    return best;
  }
}
