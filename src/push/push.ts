import type { Clock } from "../clock.ts";
import type { CommitListener } from "../engine/executor.ts";
import type { TaskService } from "../engine/task-service.ts";
import { Feed, type FeedOptions } from "./feed.ts";
import { Holds } from "./holds.ts";
import type { PushCounts } from "./share-counts.ts";
import { EventStreams } from "./streams.ts";
import { TaskWatch } from "./watch.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

export interface PushOptions {
  readonly service: TaskService;
  readonly clock: Clock;
  /** Calls the listener after every commit, for each task in order. */
  readonly onCommit: (listener: CommitListener) => () => void;
  /** Counts streams, waits and pollers for their accounts; absent: nothing is refused. */
  readonly counts?: PushCounts | undefined;
  /** What may be kept and sent at a time, and who hears of a bound that was reached. */
  readonly budgets?: Pick<FeedOptions, "budgets" | "reached">;
}

/** Tells clients about changes that they subscribed to: waits, streams, held requests and webhooks. */
export class Push {
  readonly clock: Clock;
  readonly watch: TaskWatch;
  readonly feed: Feed;
  readonly holds: Holds;
  readonly streams: EventStreams;
  /** Absent if this server sends no webhooks. */
  webhooks: Webhooks | undefined;
  readonly #unlisten: () => void;

  constructor({ service, clock, onCommit, counts, budgets }: PushOptions) {
    this.clock = clock;
    this.watch = new TaskWatch(service, clock, counts);
    this.feed = new Feed(service, budgets);
    this.holds = new Holds(service, this.watch, counts);
    this.streams = new EventStreams(this.feed, clock, counts);
    this.#unlisten = onCommit((task, events, position) => {
      this.watch.committed(task);
      this.feed.committed(task, events, position);
    });
  }

  /** Answers all waits and ends all streams; each client knows from which position to go on. */
  stop(): void {
    this.#unlisten();
    this.watch.stop();
    this.feed.stop();
  }
}
