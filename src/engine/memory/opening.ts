import type { Task } from "../../core/task.ts";
import type { TaskStore } from "../../store/store.ts";
import type { LiveTasks } from "./live-tasks.ts";

/** So many tasks are taken over in one turn of the event loop, at most. */
const PAGE = 1_000;

/** What the start has to do about the tasks that were open. */
export interface Opened {
  readonly count: number;
  /** Those that had begun; they hold slots and concurrency keys already. Some are outlines. */
  readonly begun: readonly Task[];
  /** Ids of those that wait for their start. */
  readonly pending: readonly string[];
}

interface OpeningOptions {
  readonly store: Pick<TaskStore, "listOpen">;
  readonly tasks: Pick<LiveTasks, "adoptStored" | "outline">;
  /** Called with each task that is taken over. */
  readonly note: (task: Task) => void;
  /** Hands a task to the executor. */
  readonly adopt: (task: Task) => void;
}

/**
 * Takes over every open task of the store, page by page, so that others get their turn and content beyond the budget is
 * never in memory. The executor gets those that had begun, because they hold slots and concurrency keys.
 */
export async function takeOver({ store, tasks, adopt, note }: OpeningOptions): Promise<Opened> {
  const begun: Task[] = [];
  const pending: string[] = [];
  const adoptStored = (stored: Task, bytes: number) => {
    const task = tasks.adoptStored(stored, bytes);
    note(task);
    if (task.state !== "pending") {
      begun.push(task);
      adopt(task);
      return;
    }
    pending.push(task.id);
  };
  for (let last: string | undefined; ; ) {
    const page = await store.listOpen(last, PAGE, adoptStored);
    last = page.at(-1)?.id;
    if (last === undefined) break;
    await nextTurn();
  }
  return { count: begun.length + pending.length, begun, pending };
}

/**
 * Hands the tasks that wait for their start to the executor, in the order of their submission. Resolves with those that
 * cancel others with their key.
 */
export async function enqueueAll(
  ids: readonly string[],
  { tasks, adopt }: Pick<OpeningOptions, "tasks" | "adopt">,
): Promise<readonly Task[]> {
  const superseding: Task[] = [];
  for (const [index, id] of ids.entries()) {
    const task = tasks.outline(id);
    if (task === undefined) continue;
    adopt(task);
    if (task.supersedes) superseding.push(task);
    if (index % PAGE === PAGE - 1) await nextTurn();
  }
  return superseding;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
