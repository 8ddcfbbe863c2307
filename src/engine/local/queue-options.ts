import type { ExecutorHost } from "../executor.ts";
import { RunQueue } from "./queue/run-queue.ts";

export interface LocalExecutorOptions {
  /** Tasks that run at once; subtasks run inside their parent's slot. Default 10 000. */
  readonly maxRunning?: number;
  /** A wait of this many ms counts as one level of priority. Default one minute. */
  readonly ageingMs?: number;
  /** How many tasks of an account may run at once, over all types; undefined: no limit of its own. */
  readonly runningLimit?: ((account: string) => number | undefined) | undefined;
}

const DEFAULT_MAX_RUNNING = 10_000;
const DEFAULT_AGEING_MS = 60_000;

/** The queue in which the tasks of an executor wait. */
export function queueOf(host: ExecutorHost, options: LocalExecutorOptions): RunQueue {
  return new RunQueue({
    maxRunning: options.maxRunning ?? DEFAULT_MAX_RUNNING,
    typeOf: (task) => host.typeOf(task),
    hasRoom: () => host.room.isFree(),
    now: () => host.clock.monotonic(),
    ageingMs: options.ageingMs ?? DEFAULT_AGEING_MS,
    ...(options.runningLimit && { runningLimit: options.runningLimit }),
  });
}
