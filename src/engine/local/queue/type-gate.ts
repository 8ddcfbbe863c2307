import type { TaskType } from "../../../core/task-type.ts";
import { Branch } from "./branch.ts";
import type { Openings, Timed } from "./openings.ts";
import { Places } from "./places.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { Order, TaskKind } from "./waiting.ts";

/** What all gates of one queue share. */
export interface QueueParts {
  readonly order: Order;
  /** When rates let tasks start again. */
  readonly openings: Openings;
  /** When keys are forgotten of which only the rates are left. */
  readonly fadings: Openings;
  /** What waits, over all types. */
  readonly roots: Readonly<Record<TaskKind, Branch>>;
}

/** The limits of a task type over all accounts: how many run at once, and how often they start. */
export class TypeGate implements Timed {
  readonly type: TaskType | undefined;
  readonly places: Places;
  readonly rate: RateLimiter | undefined;
  readonly branches: Readonly<Record<TaskKind, Branch>>;
  readonly #openings: Openings;
  #waiting = 0;

  /** @param type undefined: nobody here knows it, so it has no limits. */
  constructor(type: TaskType | undefined, { order, openings, roots }: QueueParts) {
    this.type = type;
    this.places = new Places(type?.maxRunning);
    this.rate = type?.startRate && new RateLimiter(type.startRate);
    this.branches = {
      task: new Branch(order, roots.task),
      subtask: new Branch(order, roots.subtask),
    };
    this.#openings = openings;
  }

  /** Whether it limits how often tasks start. */
  get isRated(): boolean {
    return this.rate !== undefined || this.type?.startRatePerKey !== undefined;
  }

  /** A task of the type joins the queue, or leaves it. */
  count(change: 1 | -1, now: number): void {
    this.#waiting += change;
    this.look(now);
  }

  look(now: number): void {
    const { rate, places, branches } = this;
    const isReady = rate === undefined || rate.readyAt <= now;
    branches.task.isOpen = isReady && !places.isFull;
    branches.subtask.isOpen = isReady && places.hasRoomForSubtask;
    if (rate === undefined) return;
    this.#openings.set(this, isReady || this.#waiting === 0 ? undefined : rate.readyAt);
  }
}
