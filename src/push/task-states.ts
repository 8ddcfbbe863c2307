import { type Budgets, DEFAULT_BUDGETS } from "../budgets.ts";
import { fold } from "../core/evolve.ts";
import type { Task } from "../core/task.ts";
import { pastTask } from "../engine/past.ts";
import type { TaskService } from "../engine/task-service.ts";
import type { FeedEntry } from "./feed-entry.ts";
import { KeptBytes, memoryBytes, type Reached } from "./kept-bytes.ts";

/**
 * Tasks as they were right after an entry of the log, for the filters of all subscribers together. Each is folded on from
 * entry to entry; what two readers need is made once.
 */
export class TaskStates {
  readonly #service: Pick<TaskService, "get" | "events">;
  readonly #kept: KeptBytes<Task>;
  /** The version of each task that was kept last. */
  readonly #latest = new Map<string, number>();

  /** @param reached is called with the name of a bound that was reached. */
  constructor(
    service: Pick<TaskService, "get" | "events">,
    { filterStateBytes }: Pick<Budgets, "filterStateBytes"> = DEFAULT_BUDGETS,
    reached: Reached = () => {},
  ) {
    this.#service = service;
    this.#kept = new KeptBytes(filterStateBytes, ({ id, version }) => {
      reached("filterStateBytes");
      if (this.#latest.get(id) === version) this.#latest.delete(id);
    });
  }

  /** What is kept takes so many bytes of memory, about. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** The task right after the entry, if that can be told without the store. */
  known({ task, taskId, firstVersion, events }: FeedEntry): Task | undefined {
    if (task !== undefined) return task;
    const known = this.#kept.get(nameOf(taskId, firstVersion + events.length - 1));
    if (known !== undefined) return known.value;
    if (firstVersion === 1) return this.#keep(fold(events, undefined), memoryBytes(events));
    const before = this.#kept.get(nameOf(taskId, firstVersion - 1));
    if (before === undefined) return undefined;
    return this.#keep(fold(events, before.value), before.bytes + memoryBytes(events));
  }

  /** The task at any time, for what never changes of it, if that can be told without the store. */
  knownAtAnyTime(entry: FeedEntry): Task | undefined {
    const version = this.#latest.get(entry.taskId);
    if (version === undefined) return this.known(entry);
    return this.#kept.get(nameOf(entry.taskId, version))?.value;
  }

  /** The task right after the entry. @throws DomainError `StoreUnavailable`, `TaskNotFound` */
  async after({ account, taskId, firstVersion, events }: FeedEntry): Promise<Task> {
    const version = firstVersion + events.length - 1;
    return this.#read(await pastTask(this.#service, account, taskId, { version }));
  }

  /** The task as it is now. @throws DomainError `StoreUnavailable`, `TaskNotFound` */
  async present({ account, taskId }: FeedEntry): Promise<Task> {
    return this.#read(await this.#service.get(account, taskId));
  }

  #read(task: Task): Task {
    return this.#keep(task, memoryBytes(task));
  }

  #keep(task: Task, bytes: number): Task {
    const name = nameOf(task.id, task.version);
    this.#kept.put(name, task, bytes);
    if (this.#kept.get(name) !== undefined) this.#latest.set(task.id, task.version);
    return task;
  }
}

function nameOf(taskId: string, version: number): string {
  return `${taskId} ${version}`;
}
