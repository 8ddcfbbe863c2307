import type { Clock } from "../clock.ts";
import { DomainError } from "../core/errors.ts";
import type { Step, Task } from "../core/task.ts";
import type { Log } from "../log.ts";
import type { TaskStore } from "../store/store.ts";
import type { LiveTasks } from "./memory/live-tasks.ts";
import type { StoreRetry } from "./memory/store-retry.ts";

const OPEN_PAGE = 1_000;

/** Every open task of the store, oldest submission first. */
export async function readOpen(store: Pick<TaskStore, "listOpen">): Promise<readonly Task[]> {
  const open: Task[] = [];
  for (;;) {
    const page = await store.listOpen(open.at(-1)?.id, OPEN_PAGE);
    open.push(...page);
    if (page.length < OPEN_PAGE) return open;
  }
}

interface RecoveryOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tasks: Pick<LiveTasks, "handle">;
  readonly retry: StoreRetry;
}

/** Lets tasks that were under way when the process died go on: attempts that ran then begin anew. */
export class Recovery {
  readonly #options: RecoveryOptions;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Resolves when all have been recovered; those that have to come one by one are recovered in the background. */
  async recoverAll(tasks: readonly Task[]): Promise<void> {
    const { order, gapMs } = recoveryTurns(tasks);
    if (gapMs > 0) void this.#inTurn(order, gapMs);
    else await Promise.all(order.map((task) => this.recover(task.id)));
  }

  /** Tried until the store takes it: a task that is not recovered stands still. Never rejects. */
  async recover(taskId: string): Promise<void> {
    const { clock, log, tasks, retry } = this.#options;
    try {
      await tasks.handle(taskId, { type: "RecoverTask", at: clock.now() });
    } catch (error) {
      if (error instanceof DomainError && error.code === "StoreUnavailable") {
        log.warn({ taskId, error }, "a task cannot go on yet after the start; trying again");
        retry.later(() => void this.recover(taskId));
      } else log.error({ taskId, error }, "a task could not go on after the start");
    }
  }

  /** The next one only when the one before has begun, and has had a moment to do its worst. */
  async #inTurn(tasks: readonly Task[], gapMs: number): Promise<void> {
    for (const { id } of tasks) {
      await this.recover(id);
      await new Promise<void>((resolve) => this.#options.retry.later(resolve, gapMs));
    }
  }
}

/** From so many deaths of the process on, a step that was running each time may be what killed it. */
const SUSPICIOUS = 5;
/** Between two tasks that are recovered one by one. */
const GAP_MS = 20;
/** All have had their turn by then. */
const LONGEST_MS = 5_000;

/**
 * In which order tasks that were under way are recovered after a start, and the pause between two (ms): none, usually.
 * But if the process died again and again, they come one by one, and what began last comes first: a step that kills its
 * process as it begins is then the only one that is counted, and the others outlive it. Pure.
 */
export function recoveryTurns(tasks: readonly Task[]): {
  readonly order: readonly Task[];
  readonly gapMs: number;
} {
  if (!tasks.some(({ steps }) => steps.some(isSuspicious))) return { order: tasks, gapMs: 0 };
  return {
    order: tasks.toSorted((a, b) => beganAt(b) - beganAt(a)),
    gapMs: Math.min(GAP_MS, LONGEST_MS / tasks.length),
  };
}

function isSuspicious({ crashes, undo }: Step): boolean {
  return (undo ?? { crashes }).crashes >= SUSPICIOUS;
}

function beganAt({ steps, updatedAt }: Task): number {
  const running = steps.filter(({ state }) => state === "running");
  return Math.max(0, ...running.map((step) => step.updatedAt ?? updatedAt));
}
