import { isFinal, type Task } from "../core/task.ts";
import type { TaskService } from "../engine/task-service.ts";
import type { Leave, TaskWatch } from "./watch.ts";

export interface HoldRequest {
  readonly account: string;
  readonly taskId: string;
  /** Names the poller: the same text for the same poller. */
  readonly client: string;
  readonly waitMs: number;
  readonly onLeave?: Leave | undefined;
}

/** How many pollers are remembered, at most twice this. One that is forgotten is answered at once. */
const REMEMBERED = 50_000;

/**
 * Keeps a plain describe open until the task is newer than what this client was told last. A client that was told nothing yet is
 * answered at once, and so is every question about a task that has ended.
 */
export class Holds {
  readonly #service: TaskService;
  readonly #watch: TaskWatch;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(service: TaskService, watch: TaskWatch) {
    this.#service = service;
    this.#watch = watch;
  }

  /** @throws DomainError `TaskNotFound`; ClientGone. */
  async hold({ account, taskId, client, waitMs, onLeave }: HoldRequest): Promise<Task> {
    const key = `${account}\n${client}\n${taskId}`;
    const told = this.#young.get(key) ?? this.#old.get(key);
    const task = this.#service.peek(account, taskId) ?? (await this.#service.get(account, taskId));
    if (told === undefined || task.version > told || isFinal(task.state))
      return this.#tell(key, task);
    const waited = await this.#watch.wait({
      account,
      taskIds: [taskId],
      met: ({ version }) => version > told,
      mode: "all",
      timeoutMs: waitMs,
      onLeave,
    });
    return this.#tell(key, waited.tasks[0] ?? task);
  }

  #tell(key: string, task: Task): Task {
    if (isFinal(task.state)) {
      this.#young.delete(key);
      return task;
    }
    this.#young.set(key, task.version);
    if (this.#young.size >= REMEMBERED) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    return task;
  }
}
