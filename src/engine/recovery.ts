import type { Clock } from "../clock.ts";
import { DomainError } from "../core/errors.ts";
import { isFinal, type Step, type Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
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
  readonly tasks: Pick<LiveTasks, "get" | "handle">;
  readonly retry: StoreRetry;
  readonly typeOf: (task: Task) => TaskType | undefined;
}

/** What is kept of a subtask until its parent has ended. */
interface Subtask {
  readonly id: string;
  readonly account: string;
  /** How long a cancel of it takes at most. */
  readonly graceMs: number;
}

/**
 * Continues tasks that had begun when the process died: the attempts that ran then start again. And it ends subtasks whose
 * parent ended, because the process may have died between the two.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** The subtasks that were open at the start, by the id of their parent, until it has ended. */
  readonly #subtasks = new Map<string, Subtask[]>();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Resolves when all tasks are recovered. If they have to be recovered one by one, this happens in the background. */
  async recoverAll(tasks: readonly Task[]): Promise<void> {
    const { order, gapMs } = recoveryTurns(tasks);
    if (gapMs > 0) void this.#inTurn(order, gapMs);
    else await Promise.all(order.map((task) => this.recover(task.id)));
  }

  /** Remembers a task that was open at the start, if it is a subtask. */
  note(task: Task): void {
    if (task.parent === undefined) return;
    const { taskId } = task.parent;
    const { id, account } = task;
    const noted = { id, account, graceMs: this.#options.typeOf(task)?.cancelGraceMs ?? 0 };
    const others = this.#subtasks.get(taskId);
    if (others) others.push(noted);
    else this.#subtasks.set(taskId, [noted]);
  }

  /** Cancels the noted subtasks whose parent has ended; those of other parents once these end (`ended`). */
  async endOrphans(): Promise<void> {
    for (const [parentId, [first]] of this.#subtasks) {
      if (first === undefined) continue;
      try {
        this.ended(await this.#options.tasks.get(first.account, parentId));
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== "StoreUnavailable") {
          this.#options.log.error({ taskId: first.id, parentId, error }, "a parent cannot be read");
          continue;
        }
        this.#options.retry.later(() => void this.endOrphans());
        return;
      }
    }
  }

  /** A task may have ended: its noted subtasks end with it. Those that it knows of, it has canceled itself. */
  ended(parent: Task): void {
    if (this.#subtasks.size === 0 || !isFinal(parent.state)) return;
    const orphans = this.#subtasks.get(parent.id) ?? [];
    this.#subtasks.delete(parent.id);
    for (const subtask of orphans) void this.#endOrphan(subtask, parent);
  }

  async #endOrphan(subtask: Subtask, parent: Task): Promise<void> {
    const { clock, log, tasks, retry } = this.#options;
    const at = clock.now();
    const deadline = at + subtask.graceMs;
    const reason = `its parent ${parent.id} is ${parent.state}`;
    try {
      await tasks.handle(subtask.id, { type: "CancelTask", at, by: parent.id, reason, deadline });
    } catch (error) {
      if (error instanceof DomainError && error.code === "StoreUnavailable") {
        retry.later(() => void this.#endOrphan(subtask, parent));
      } else log.debug({ taskId: subtask.id, error }, "a subtask was not canceled");
    }
  }

  /** Repeats until the store accepts it, because a task that is not recovered does not continue. Never rejects. */
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

  /** Recovers one task after the other, with a pause in which a step that kills its process does so. */
  async #inTurn(tasks: readonly Task[], gapMs: number): Promise<void> {
    for (const { id } of tasks) {
      await this.recover(id);
      await new Promise<void>((resolve) => this.#options.retry.later(resolve, gapMs));
    }
  }
}

/** A step that was running at this many deaths of the process may be what killed it. */
const SUSPICIOUS = 5;
/** The pause between two tasks that are recovered one by one. */
const GAP_MS = 20;
/** The longest time that the recovery of all tasks takes. */
const LONGEST_MS = 5_000;

/**
 * The order in which begun tasks are recovered after a start, and the pause between two of them (ms), usually 0. If the
 * process has died again and again, the tasks are recovered one by one, and the one that began last comes first: a step
 * that kills its process at its beginning is then the only one whose crash is counted. Pure.
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
