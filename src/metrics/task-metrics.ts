import type { TaskEvent } from "../core/events.ts";
import { findStep, isFinal, type Task } from "../core/task.ts";
import { Counter, type Family, Histogram, type ScrapedFamily, WORK_BOUNDS } from "./registry.ts";

export interface TaskMetricsOptions {
  /** Whether this server can run tasks of this type. Only such types are used as label values. */
  readonly isKnown: (product: string, type: string) => boolean;
  /** The number of tasks of all accounts. */
  readonly counts: () => Promise<
    readonly {
      readonly product: string;
      readonly type: string;
      readonly state: string;
      readonly count: number;
    }[]
  >;
}

/** The label value for other types. Imported tasks may have any type name. */
const UNKNOWN = "unknown";

/** Measures tasks and steps from the commits: their durations and results. */
export class TaskMetrics {
  readonly #options: TaskMetricsOptions;
  readonly #ended = new Counter("taskscribe_tasks_ended_total", "Ended tasks.", [
    "product",
    "type",
    "state",
  ]);
  readonly #startDelays = new Histogram(
    "taskscribe_task_start_delay_seconds",
    "Time from the submission of a task, or from its notBefore, to its start.",
    WORK_BOUNDS,
    ["product"],
  );
  readonly #steps = new Histogram(
    "taskscribe_step_duration_seconds",
    "Time from the start of the first attempt of a step to the end of the step.",
    WORK_BOUNDS,
    ["product", "type", "step"],
  );
  readonly #failures = new Counter(
    "taskscribe_step_failures_total",
    "Failed attempts of steps, with or without a retry.",
    ["product", "type"],
  );
  readonly families: readonly Family[];

  constructor(options: TaskMetricsOptions) {
    this.#options = options;
    this.families = [this.#stored(), this.#ended, this.#startDelays, this.#steps, this.#failures];
  }

  committed(task: Task, events: readonly TaskEvent[]): void {
    // A task that is final from its first event was imported. It ran on another server.
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

  #stored(): ScrapedFamily {
    return {
      type: "gauge",
      name: "taskscribe_tasks",
      help: "Stored tasks, without archived ones.",
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
