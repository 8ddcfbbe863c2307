import type { TaskEvent } from "../../core/events.ts";
import { isFinal, type Task } from "../../core/task.ts";
import type { TaskStore } from "../../store/store.ts";
import type { QuotaKeeper } from "./quotas.ts";

const PAGE = 1_000;
/** Requests whose answers are still to come; more than a server ever has under way. */
const STARTED_LIMIT = 20_000;

/** Where the count of stored tasks stands, as it is kept between starts. */
export interface StoredUsage {
  readonly position: number;
  readonly stored: Readonly<Record<string, number>>;
}

/** Keeps the quotas' counts in step with the engine's commits. Subtasks count with their parents. */
export class TaskUsage {
  readonly #quotas: QuotaKeeper;
  readonly #started = new Map<string, string>();
  #position = 0;

  constructor(quotas: QuotaKeeper) {
    this.#quotas = quotas;
  }

  /** Counts what is there, before the engine starts. Stored tasks are counted on from where the last count stood. */
  async restore(store: TaskStore, counted: StoredUsage | undefined): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await store.listOpen(after, PAGE);
      for (const task of page) if (!task.parent) this.#quotas.restore(task.account, { open: 1 });
      after = page.at(-1)?.id;
      if (page.length < PAGE) break;
    }
    if (counted) await this.#countStored(store, counted);
  }

  committed(task: Task, events: readonly TaskEvent[], position: number): void {
    this.#position = Math.max(this.#position, position);
    const submitted = events.some(({ type }) => type === "TaskSubmitted");
    if (submitted && task.requestId !== undefined) this.#note(task.requestId, task.id);
    if (task.parent) return;
    if (submitted) this.#quotas.submitted(task.account);
    if (isFinal(task.state)) this.#quotas.ended(task.account);
  }

  /** The task that this request started; asked once. */
  takeStarted(requestId: string): string {
    const taskId = this.#started.get(requestId) ?? "";
    this.#started.delete(requestId);
    return taskId;
  }

  snapshot(): StoredUsage {
    return { position: this.#position, stored: this.#quotas.stored() };
  }

  async #countStored(store: TaskStore, { position, stored }: StoredUsage): Promise<void> {
    for (const [account, count] of Object.entries(stored)) {
      this.#quotas.restore(account, { stored: count });
    }
    this.#position = position;
    for (;;) {
      const page = await store.readEvents({ after: this.#position, limit: PAGE });
      for (const { account, events, position: at } of page) {
        this.#position = at;
        const own = events.filter((event) => event.type === "TaskSubmitted" && !event.task.parent);
        if (own.length > 0) this.#quotas.restore(account, { stored: own.length });
      }
      if (page.length < PAGE) return;
    }
  }

  #note(requestId: string, taskId: string): void {
    // Requests that nobody asks about: an engine without the door, as in tests.
    if (this.#started.size >= STARTED_LIMIT) this.#started.clear();
    this.#started.set(requestId, taskId);
  }
}
