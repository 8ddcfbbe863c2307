import type { Task } from "../../../core/task.ts";

const PRIORITIES = 10;

/** A task in line, and since when it waits (ms since the epoch). */
export interface Waiting {
  readonly task: Task;
  readonly since: number;
}

export interface Foremost {
  readonly waiting: Waiting;
  /** The priority of the task, with what it waited counted in. */
  readonly rank: number;
  readonly lane: Waiting[];
}

/** Waiting tasks by priority, first come first served within one; so the foremost is found among ten. */
export class PriorityQueue {
  readonly #lanes: Waiting[][] = Array.from({ length: PRIORITIES }, () => []);

  push(waiting: Waiting): void {
    this.#lanes[waiting.task.priority]?.push(waiting);
  }

  get isEmpty(): boolean {
    return this.#lanes.every((lane) => lane.length === 0);
  }

  /** Drops from the front those that no longer wait. `ageingMs` of waiting count as one level of priority. */
  foremost(
    now: number,
    ageingMs: number,
    stillWaits: (waiting: Waiting) => boolean,
  ): Foremost | undefined {
    let best: Foremost | undefined;
    for (const lane of this.#lanes) {
      while (lane[0] !== undefined && !stillWaits(lane[0])) lane.shift();
      const [waiting] = lane;
      if (waiting === undefined) continue;
      const rank = waiting.task.priority + (now - waiting.since) / ageingMs;
      if (best === undefined || rank >= best.rank) best = { waiting, rank, lane };
    }
    return best;
  }
}
