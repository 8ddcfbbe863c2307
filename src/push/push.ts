import type { Clock } from "../clock.ts";
import type { CommitListener } from "../engine/engine.ts";
import type { TaskService } from "../engine/task-service.ts";
import { Feed } from "./feed.ts";
import { Holds } from "./holds.ts";
import { EventStreams } from "./streams.ts";
import { TaskWatch } from "./watch.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

export interface PushOptions {
  readonly service: TaskService;
  readonly clock: Clock;
  /** Says what was committed, each task's in order. */
  readonly onCommit: (listener: CommitListener) => () => void;
}

/** Everything that is told without being asked: waits, streams, holds and what webhooks read. */
export class Push {
  readonly clock: Clock;
  readonly watch: TaskWatch;
  readonly feed: Feed;
  readonly holds: Holds;
  readonly streams: EventStreams;
  /** Absent: this server sends none. */
  webhooks: Webhooks | undefined;
  readonly #unlisten: () => void;

  constructor({ service, clock, onCommit }: PushOptions) {
    this.clock = clock;
    this.watch = new TaskWatch(service, clock);
    this.feed = new Feed(service);
    this.holds = new Holds(service, this.watch);
    this.streams = new EventStreams(this.feed, clock);
    this.#unlisten = onCommit((task, events, position) => {
      this.watch.committed(task);
      this.feed.committed(task, events, position);
    });
  }

  /** Answers who waits, and ends the streams: each knows where to go on. */
  stop(): void {
    this.#unlisten();
    this.watch.stop();
    this.feed.stop();
  }
}
