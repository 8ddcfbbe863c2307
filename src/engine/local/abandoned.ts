import type { ExecutorHost } from "../executor.ts";
import type { StepRun } from "./step-run.ts";

/** A handler that was told to stop has this long for it before it is called abandoned, in ms. */
const GRACE_MS = 1_000;

interface Left {
  /** On the monotonic time. */
  readonly since: number;
  readonly stop: () => void;
  isNamed: boolean;
}

/**
 * Handlers that go on although their attempts were given up or their tasks have ended. Nothing waits for them and no limit
 * counts them. They cannot be ended, because they run in this process; so they are named.
 */
export class AbandonedHandlers {
  readonly #host: Pick<ExecutorHost, "clock" | "log">;
  readonly #left = new Map<StepRun, Left>();
  #named = 0;

  constructor(host: Pick<ExecutorHost, "clock" | "log">) {
    this.#host = host;
  }

  /** How many there are now. */
  get size(): number {
    return this.#named;
  }

  /** The attempt was given up. Usually its handler ends at once. */
  add(run: StepRun): void {
    if (!run.isAtWork || this.#left.has(run)) return;
    const { clock } = this.#host;
    const stop = clock.after(GRACE_MS, () => this.#name(run));
    this.#left.set(run, { since: clock.monotonic(), stop, isNamed: false });
  }

  /** The handler has ended. */
  ended(run: StepRun): void {
    const left = this.#left.get(run);
    if (left === undefined) return;
    this.#left.delete(run);
    left.stop();
    if (!left.isNamed) return;
    this.#named--;
    this.#host.log.info(this.#facts(run, left), "an abandoned handler has ended");
  }

  /** The process ends: the handlers that are left end with it. */
  stop(): void {
    for (const [run, left] of this.#left) {
      left.stop();
      this.#host.log.warn(
        this.#facts(run, left),
        "the process ends without the end of this handler",
      );
    }
  }

  #name(run: StepRun): void {
    const left = this.#left.get(run);
    if (left === undefined) return;
    left.isNamed = true;
    this.#named++;
    const message = "a handler ignores its signal: it goes on after its attempt was given up";
    this.#host.log.warn(this.#facts(run, left), message);
  }

  #facts({ task, step, attempt, beganAt }: StepRun, { since }: Left) {
    const now = this.#host.clock.monotonic();
    const [ranMs, abandonedMs] = [now - beganAt, now - since].map(Math.round);
    return { taskId: task.id, type: task.type, step, attempt, ranMs, abandonedMs };
  }
}
