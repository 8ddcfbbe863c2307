import { isFinal, type Task } from "../core/task.ts";
import type { TaskService } from "../engine/task-service.ts";
import { Pollers, pollerKey } from "./pollers.ts";
import { NO_COUNTS, type PushCounts } from "./share-counts.ts";
import type { Leave, TaskWatch } from "./watch.ts";

export interface HoldRequest {
  readonly account: string;
  readonly taskId: string;
  /** Names the poller: the same text for the same poller. */
  readonly client: string;
  readonly waitMs: number;
  readonly onLeave?: Leave | undefined;
}

/**
 * Keeps a plain describe open until the task is newer than what this client was told last. A client that was told nothing yet is
 * answered at once, and so is every question about a task that has ended.
 */
export class Holds {
  readonly #service: TaskService;
  readonly #watch: TaskWatch;
  readonly #counts: PushCounts;
  readonly #pollers = new Map<string, Pollers>();

  constructor(service: TaskService, watch: TaskWatch, counts: PushCounts = NO_COUNTS) {
    this.#service = service;
    this.#watch = watch;
    this.#counts = counts;
  }

  /** How many pollers of an account are remembered. */
  remembered(account: string): number {
    return this.#pollers.get(account)?.size ?? 0;
  }

  /** How many may be. */
  most(account: string): number {
    return this.#counts.pollers(account);
  }

  /** @throws DomainError `TaskNotFound`; ClientGone. */
  async hold({ account, taskId, client, waitMs, onLeave }: HoldRequest): Promise<Task> {
    const key = pollerKey(client, taskId);
    const told = this.#pollers.get(account)?.told(key);
    const task = this.#service.peek(account, taskId) ?? (await this.#service.get(account, taskId));
    if (told === undefined || task.version > told || isFinal(task.state))
      return this.#tell(account, key, task);
    const waited = await this.#watch.wait({
      account,
      taskIds: [taskId],
      met: ({ version }) => version > told,
      mode: "all",
      timeoutMs: waitMs,
      onLeave,
      // Nobody asked to wait: where there is no room the answer comes at once.
      isHold: true,
    });
    return this.#tell(account, key, waited.tasks[0] ?? task);
  }

  #tell(account: string, key: string, task: Task): Task {
    const known = this.#pollers.get(account);
    if (isFinal(task.state)) {
      known?.forget(key);
      if (known?.size === 0) this.#pollers.delete(account);
      return task;
    }
    const pollers = known ?? new Pollers(this.#counts.pollers(account));
    if (known === undefined) this.#pollers.set(account, pollers);
    pollers.tell(key, task.version);
    return task;
  }
}
