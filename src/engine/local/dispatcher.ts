import type { Spans } from "../../clock.ts";
import type { Task } from "../../core/task.ts";
import type { RunQueue } from "./queue/run-queue.ts";

/**
 * Starts that are written at once. What is written together comes back in one turn of the event loop, and runs: when 10,000 tasks become
 * due at one moment, others have their turns in between.
 */
const STARTS_AT_ONCE = 64;

/** Starts what waits in a queue, as soon as it may. */
export class Dispatcher {
  readonly #clock: Spans;
  readonly #queue: Pick<RunQueue, "next" | "nextAt">;
  readonly #start: (task: Task) => Promise<unknown> | undefined;
  /** When it looks at the queue again by itself (monotonic). */
  #againAt: number | undefined;
  #callOff = () => {};
  /** How many starts are being written. */
  #underWay = 0;
  #isStopped = false;

  constructor(
    clock: Spans,
    queue: Pick<RunQueue, "next" | "nextAt">,
    start: (task: Task) => Promise<unknown> | undefined,
  ) {
    this.#clock = clock;
    this.#queue = queue;
    this.#start = start;
  }

  /** To be called whenever a task may have become free to start. */
  run(): void {
    if (this.#isStopped) return;
    while (this.#underWay < STARTS_AT_ONCE) {
      const task = this.#queue.next();
      if (task === undefined) {
        this.#againWhen(this.#queue.nextAt);
        return;
      }
      this.#begin(task);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#callOff();
  }

  #begin(task: Task): void {
    const written = this.#start(task);
    if (written === undefined) return;
    this.#underWay += 1;
    const done = () => {
      const wasFull = this.#underWay === STARTS_AT_ONCE;
      this.#underWay -= 1;
      if (wasFull) this.run();
    };
    written.then(done, done);
  }

  #againWhen(at: number | undefined): void {
    if (at === this.#againAt) return;
    this.#callOff();
    this.#againAt = at;
    if (at === undefined) return;
    this.#callOff = this.#clock.after(Math.max(0, at - this.#clock.monotonic()), () => {
      this.#againAt = undefined;
      this.run();
    });
  }
}
