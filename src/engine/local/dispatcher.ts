import type { Spans } from "../../clock.ts";
import type { Task } from "../../core/task.ts";
import type { RunQueue } from "./queue/run-queue.ts";

/** Tasks that start in one turn of the event loop: 10,000 that become due at one moment take 50 turns. */
const STARTS_IN_A_TURN = 200;

/** Starts what waits in a queue, as soon as it may. */
export class Dispatcher {
  readonly #clock: Spans;
  readonly #queue: Pick<RunQueue, "next" | "nextAt">;
  readonly #start: (task: Task) => void;
  /** When it looks at the queue again by itself (monotonic). */
  #againAt: number | undefined;
  #callOff = () => {};
  #isStopped = false;

  constructor(clock: Spans, queue: Pick<RunQueue, "next" | "nextAt">, start: (task: Task) => void) {
    this.#clock = clock;
    this.#queue = queue;
    this.#start = start;
  }

  /** To be called whenever a task may have become free to start. */
  run(): void {
    if (this.#isStopped) return;
    for (let left = STARTS_IN_A_TURN; left > 0; left--) {
      const task = this.#queue.next();
      if (task === undefined) {
        this.#againWhen(this.#queue.nextAt);
        return;
      }
      this.#start(task);
    }
    this.#againWhen(this.#clock.monotonic()); // others have their turn in between
  }

  stop(): void {
    this.#isStopped = true;
    this.#callOff();
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
