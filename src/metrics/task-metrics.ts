import type { TaskEvent } from "../core/events.ts";
import { findStep, isFinal, type Task } from "../core/task.ts";
import { Counter, type Family, Histogram, type Read, WORK_BOUNDS } from "./registry.ts";

export interface TaskMetricsOptions {
  /** Whether something here can run tasks of this type: only those are called by their names. */
  readonly isKnown: (product: string, type: string) => boolean;
  /** Of all accounts together. */
  readonly counts: () => Promise<
    readonly {
      readonly product: string;
      readonly type: string;
      readonly state: string;
      readonly count: number;
    }[]
  >;
}

/** Imported tasks may be of types that nobody here knows, under names of somebody's choice. */
const UNKNOWN = "unknown";

/** Follows the commits: what tasks and steps took and how they ended. */
export class TaskMetrics {
  readonly #options: TaskMetricsOptions;
  readonly #ended = new Counter("taskscribe_tasks_ended_total", "Tasks that ended.", [
    "product",
    "type",
    "state",
  ]);
  readonly #startDelays = new Histogram(
    "taskscribe_task_start_delay_seconds",
    "From the submission, or the moment a task was delayed to, to its start.",
    WORK_BOUNDS,
    ["product"],
  );
  readonly #steps = new Histogram(
    "taskscribe_step_duration_seconds",
    "From the start of a step's first attempt to its end.",
    WORK_BOUNDS,
    ["product", "type", "step"],
  );
  readonly #failures = new Counter(
    "taskscribe_step_failures_total",
    "Attempts of steps that failed, tried again or not.",
    ["product", "type"],
  );
  readonly families: readonly Family[];

  constructor(options: TaskMetricsOptions) {
    this.#options = options;
    this.families = [this.#stored(), this.#ended, this.#startDelays, this.#steps, this.#failures];
  }

  committed(task: Task, events: readonly TaskEvent[]): void {
    // A task that comes with its end was imported: it lived elsewhere.
    if (events[0]?.type === "TaskSubmitted" && isFinal(task.state)) return;
    for (const event of events) this.#follow(task, event);
    if (isFinal(task.state)) this.#ended.of(task.product, this.#typeOf(task), task.state).add();
  }

  #follow(task: Task, event: TaskEvent): void {
    switch (event.type) {
      case "TaskStarted": {
        const due = Math.max(task.createdAt, task.notBefore ?? 0);
        this.#startDelays.of(task.product).observe(Math.max(0, event.at - due) / 1_000);
        break;
      }
      case "StepSucceeded":
        this.#stepEnded(task, event.step, event.at);
        break;
      case "StepFailed":
        this.#failures.of(task.product, this.#typeOf(task)).add();
        if (event.retryAt === undefined) this.#stepEnded(task, event.step, event.at);
        break;
      default:
    }
  }

  #stepEnded(task: Task, name: string, at: number): void {
    const startedAt = findStep(task, name)?.startedAt;
    if (startedAt === undefined || !this.#options.isKnown(task.product, task.type)) return;
    this.#steps.of(task.product, task.type, name).observe((at - startedAt) / 1_000);
  }

  #typeOf({ product, type }: Task): string {
    return this.#options.isKnown(product, type) ? type : UNKNOWN;
  }

  #stored(): Read {
    return {
      type: "gauge",
      name: "taskscribe_tasks",
      help: "Tasks there are, the archive left out.",
      labelNames: ["product", "type", "state"],
      read: async () => {
        const sums = new Map<string, { labels: readonly string[]; value: number }>();
        for (const { product, type, state, count } of await this.#options.counts()) {
          const shown = this.#options.isKnown(product, type) ? type : UNKNOWN;
          const key = `${product} ${shown} ${state}`;
          const sum = sums.get(key) ?? { labels: [product, shown, state], value: 0 };
          sum.value += count;
          sums.set(key, sum);
        }
        return [...sums.values()];
      },
    };
  }
}
