import { walkLog } from "../../store/log-walk.ts";
import type { EventQuery, Position, RecordedEvents, Store } from "../../store/store.ts";
import type { LiveTasks } from "./live-tasks.ts";

/**
 * Applies all appends after this position in the log to the tasks in memory. Resolves with the position to continue
 * from.
 */
export async function learnFrom(
  store: Pick<Store, "readEvents">,
  tasks: Pick<LiveTasks, "learn">,
  after: Position,
): Promise<Position> {
  let position = after;
  const log = { events: (query: EventQuery) => store.readEvents(query) };
  await walkLog(log, { after }, async (recorded) => {
    await tasks.learn(recorded);
    position = recorded.position;
  });
  return position;
}

/**
 * A page of the log. Whoever was shown an entry gets the task with it from then on: the store can show a commit of which this
 * thread was not told yet.
 */
export async function readLog(
  store: Pick<Store, "readEvents" | "read">,
  tasks: Pick<LiveTasks, "isBehind" | "newest">,
  query: EventQuery,
): Promise<readonly RecordedEvents[]> {
  const page = await store.readEvents(query);
  for (const entry of page) {
    if (!tasks.isBehind(entry)) continue;
    const task = await store.read(entry.account, entry.taskId);
    if (task !== undefined) tasks.newest(task);
  }
  return page;
}
