import type { Position, Store } from "../../store/store.ts";
import type { LiveTasks } from "./live-tasks.ts";

const LOG_PAGE = 500;

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
  for (;;) {
    const page = await store.readEvents({ after: position, limit: LOG_PAGE });
    for (const recorded of page) {
      await tasks.learn(recorded);
      position = recorded.position;
    }
    if (page.length < LOG_PAGE) return position;
  }
}
