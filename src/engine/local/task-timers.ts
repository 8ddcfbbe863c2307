import type { Task } from "../../core/task.ts";

export type Due = "deadline" | "start" | { readonly retry: string };

interface Wake {
  readonly at: number;
  readonly due: Due;
}

interface Scheduler {
  now(): number;
  schedule(at: number, callback: () => void): () => void;
}

/**
 * One timer at most for each task, set for the first moment at which something is due. What is due follows only from
 * the task's state, so that pausing, resuming and recovery need no state of their own.
 */
export class TaskTimers {
  readonly #clock: Scheduler;
  readonly #onDue: (task: Task, due: Due) => void;
  readonly #armed = new Map<string, { at: number; stop: () => void; task: Task }>();
  #stopped = false;

  constructor(clock: Scheduler, onDue: (task: Task, due: Due) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Sets the task's timer; to be called after every change of the task. What is overdue fires at once. */
  arrange(task: Task): void {
    const now = this.#clock.now();
    // A start that is due already was handled when the task was enqueued.
    this.#arm(task, (wake) => wake.due !== "start" || wake.at > now);
  }

  stop(): void {
    this.#stopped = true;
    for (const armed of this.#armed.values()) armed.stop();
    this.#armed.clear();
  }

  #arm(task: Task, counts: (wake: Wake) => boolean): void {
    let at: number | undefined;
    for (const wake of wakes(task)) {
      if (counts(wake) && (at === undefined || wake.at < at)) at = wake.at;
    }
    const armed = this.#armed.get(task.id);
    if (armed !== undefined) {
      armed.task = task;
      if (armed.at === at) return;
      armed.stop();
      this.#armed.delete(task.id);
    }
    if (at === undefined || this.#stopped) return;
    const stop = this.#clock.schedule(at, () => this.#fire(task.id));
    this.#armed.set(task.id, { at, stop, task });
  }

  #fire(taskId: string): void {
    const armed = this.#armed.get(taskId);
    if (armed === undefined) return;
    this.#armed.delete(taskId);
    const now = this.#clock.now();
    this.#arm(armed.task, (wake) => wake.at > now);
    for (const wake of wakes(armed.task)) if (wake.at <= now) this.#onDue(armed.task, wake.due);
  }
}

function wakes(task: Task): Wake[] {
  if (task.held !== undefined) return [];
  return task.ending === undefined ? usualWakes(task) : undoWakes(task);
}

function usualWakes(task: Task): Wake[] {
  const found: Wake[] = [];
  const { state } = task;
  if (state === "pending") {
    if (task.notBefore !== undefined) found.push({ at: task.notBefore, due: "start" });
    if (task.startBy !== undefined) found.push({ at: task.startBy, due: "deadline" });
  }
  if ((state === "pending" || state === "running") && task.finishBy !== undefined) {
    found.push({ at: task.finishBy, due: "deadline" });
  }
  if (state === "canceling" && task.cancel !== undefined) {
    found.push({ at: task.cancel.deadline, due: "deadline" });
  }
  if (state !== "running") return found;
  for (const step of task.steps) {
    if (step.state === "retrying" && step.retryAt !== undefined) {
      found.push({ at: step.retryAt, due: { retry: step.name } });
    }
  }
  return found;
}

/** The timers of a task whose steps are undone: only retries, because its end is decided. */
function undoWakes(task: Task): Wake[] {
  return task.steps.flatMap(({ name, undo }) =>
    undo?.retryAt === undefined ? [] : [{ at: undo.retryAt, due: { retry: name } }],
  );
}
