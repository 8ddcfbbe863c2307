import type { Task } from "../core/task.ts";
import type { RecordedEvents } from "../store/store.ts";

/** One append, as subscribers get it. A live entry brings the task as it was right after; one read from the log does not. */
export interface FeedEntry extends RecordedEvents {
  readonly task?: Task;
}
