import type { TaskEvent } from "../../core/events.ts";
import { isFinal, type Task } from "../../core/task.ts";
import type { ArchivedTask, TaskStore } from "../../store/store.ts";
import type { QuotaKeeper } from "./quotas.ts";

/** Requests whose answers are still to come; more than a server ever has under way. */
const STARTED_LIMIT = 20_000;

/** Keeps the quotas' counts in step with the engine's commits. Subtasks count with their parents. */
export class TaskUsage {
  readonly #quotas: QuotaKeeper;
  readonly #started = new Map<string, string>();

  constructor(quotas: QuotaKeeper) {
    this.#quotas = quotas;
  }

  /** Takes over what the store counts, before the engine starts. */
  async restore(store: Pick<TaskStore, "usage">): Promise<void> {
    for (const usage of await store.usage()) this.#quotas.restore(usage);
  }

  committed(task: Task, events: readonly TaskEvent[]): void {
    const submitted = events.some(({ type }) => type === "TaskSubmitted");
    if (submitted && task.requestId !== undefined) this.#note(task.requestId, task.id);
    if (task.parent) return;
    if (submitted) this.#quotas.submitted(task.account);
    if (isFinal(task.state)) this.#quotas.ended(task.account);
  }

  /** Retention has taken these out of the lists: they are stored no longer. */
  archived(tasks: readonly ArchivedTask[]): void {
    for (const { account, isSubtask } of tasks) if (!isSubtask) this.#quotas.archived(account);
  }

  /** The task that this request started; asked once. */
  takeStarted(requestId: string): string {
    const taskId = this.#started.get(requestId) ?? "";
    this.#started.delete(requestId);
    return taskId;
  }

  #note(requestId: string, taskId: string): void {
    // Nobody asks about them where an engine runs without access control, as in tests.
    if (this.#started.size >= STARTED_LIMIT) this.#started.clear();
    this.#started.set(requestId, taskId);
  }
}
