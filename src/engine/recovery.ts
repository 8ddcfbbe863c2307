import type { Clock } from "../clock.ts";
import { isDamage, isStoreAway } from "../core/errors.ts";
import { isFinal, type Step, type Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import type { Log } from "../log.ts";
import type { LiveTasks } from "./memory/live-tasks.ts";
import type { StoreRetry } from "./memory/store-retry.ts";

/** So many tasks are recovered at the same time: enough for commits of many. */
const AT_ONCE = 500;

/** So many tasks a line of the log names. */
const MOST_NAMED = 20;

interface RecoveryOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tasks: Pick<LiveTasks, "get" | "handle" | "outline" | "room">;
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
  /** Ids of tasks that wait for memory. */
  readonly #waiting = new Set<string>();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all tasks are recovered. If they have to be recovered one by one, or not all of them fit into memory, the
   * rest happens in the background.
   */
  async recoverAll(tasks: readonly Task[]): Promise<void> {
    const { order, gapMs } = recoveryTurns(tasks);
    if (gapMs > 0) {
      void this.#inTurn(order, gapMs);
      return;
    }
    const rest = order.values();
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#recoverSome(rest)));
  }

  /** Memory has room for more tasks at work. */
  roomAgain(): void {
    const { room } = this.#options.tasks;
    for (const id of this.#waiting) {
      if (!room.isFree()) return;
      this.#waiting.delete(id);
      void this.recover(id);
    }
  }

  async #recoverSome(rest: Iterator<Task>): Promise<void> {
    for (let next = rest.next(); !next.done; next = rest.next()) {
      await this.#recoverInRoom(next.value);
    }
  }

  /** Leaves a task for later that has no room. A subtask does not wait for memory, because its parent waits for it. */
  async #recoverInRoom({ id, parent }: Task): Promise<void> {
    if (parent === undefined && !this.#options.tasks.room.isFree()) this.#waiting.add(id);
    else await this.recover(id);
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

  /**
   * Cancels the noted subtasks whose parent has ended; those of other parents once these end (`ended`). Those of a parent
   * that cannot be read stay open, and the log names them: whether it has ended is not known.
   */
  async endOrphans(): Promise<void> {
    for (const [parentId, subtasks] of this.#subtasks) {
      const [first] = subtasks;
      const isOpen = this.#options.tasks.outline(parentId) !== undefined;
      if (first === undefined || isOpen) continue;
      try {
        this.ended(await this.#options.tasks.get(first.account, parentId));
      } catch (error) {
        if (isStoreAway(error)) {
          this.#options.retry.later(() => void this.endOrphans());
          return;
        }
        this.#subtasks.delete(parentId);
        const taskIds = subtasks.slice(0, MOST_NAMED).map(({ id }) => id);
        const found = { parentId, subtasks: subtasks.length, taskIds, error };
        this.#options.log.error(found, "a parent cannot be read; its subtasks stay open");
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
      if (isStoreAway(error)) retry.later(() => void this.#endOrphan(subtask, parent));
      else {
        const level = isDamage(error) ? "error" : "debug";
        log[level]({ taskId: subtask.id, error }, "a subtask was not canceled");
      }
    }
  }

  /** Repeats until the store accepts it, because a task that is not recovered does not continue. Never rejects. */
  async recover(taskId: string): Promise<void> {
    const { clock, log, tasks, retry } = this.#options;
    tasks.room.reserve(taskId);
    try {
      await tasks.handle(taskId, { type: "RecoverTask", at: clock.now() });
    } catch (error) {
      if (isStoreAway(error)) {
        log.warn({ taskId, error }, "a task cannot go on yet after the start; trying again");
        retry.later(() => void this.recover(taskId));
      } else log.error({ taskId, error }, "a task could not go on after the start");
    }
  }

  /** Recovers one task after the other, with a pause in which a step that kills its process does so. */
  async #inTurn(tasks: readonly Task[], gapMs: number): Promise<void> {
    for (const task of tasks) {
      await this.#recoverInRoom(task);
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
