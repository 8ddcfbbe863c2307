import { fold } from "../../core/evolve.ts";
import type { Task } from "../../core/task.ts";
import type { RecordedEvents, Store } from "../../store/store.ts";
import type { LiveTask } from "./live-task.ts";

const PAGE = 100;

/** An append that this process did not know, and the task after it. */
interface News {
  readonly recorded: RecordedEvents;
  readonly task: Task;
}

/** What was found in the log of a task. */
export interface CaughtUp {
  readonly news: readonly RecordedEvents[];
  /** The task as the log has it, whole; undefined: there is no log. */
  readonly task: Task | undefined;
}

/**
 * Reads the log of an open task, and hands over the appends that this process does not know, e.g. because an answer was
 * lost. The whole log is applied if only an outline is in memory, because an outline takes no events.
 */
export async function catchUp(
  store: Pick<Store, "readEvents">,
  live: LiveTask,
  learned: (news: News) => void,
): Promise<CaughtUp> {
  const { id: taskId, account, version } = live.task;
  const known = live.isParked ? undefined : live.task;
  const news: RecordedEvents[] = [];
  let task = known;
  for (let after = 0; ; ) {
    const page = await store.readEvents({ account, taskId, after, limit: PAGE });
    for (const recorded of page) {
      after = recorded.position;
      const isNew = recorded.firstVersion > version;
      if (isNew || known === undefined) task = fold(recorded.events, task);
      if (!isNew || task === undefined) continue;
      news.push(recorded);
      learned({ recorded, task });
    }
    if (page.length < PAGE) return { news, task };
  }
}
