import type { Task } from "../core/task.ts";
import type { RecordedEvents } from "../store/store.ts";

/** One append, as it is passed on. Live ones bring the task as it was right after; those read from the log do not. */
export interface FeedEntry extends RecordedEvents {
  readonly task?: Task;
}
