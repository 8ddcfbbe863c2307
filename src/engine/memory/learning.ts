import type { Position, Store } from "../../store/store.ts";
import type { LiveTasks } from "./live-tasks.ts";

const LOG_PAGE = 500;

/** Lets the tasks at hand learn of all that stands in the log after this position. Resolves with where to go on. */
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
