import type { Budgets } from "../../budgets.ts";
import type { Task } from "../../core/task.ts";
import { isAtWork, outlineOf } from "./outline.ts";

/** What is kept in memory of open tasks (see `OpenContents`), and of ended ones (see `RecentTasks`). */
export type MemoryBudgets = Pick<Budgets, "openTaskBytes" | "endedTaskBytes" | "endedTasks">;

/** An open task as `OpenContents` counts it. */
export interface OpenContent {
  /** Whole, or what remains of it (see `outlineOf`). */
  task: Task;
  /** The length of the task's row as JSON, which is about the memory that it takes. */
  bytes: number;
  /** Only an outline of the task is in memory: who needs it whole reads it from the store. */
  isParked: boolean;
  /** It was asked for since it was looked at last: others are parked first. */
  isUsed: boolean;
  /** An attempt runs, or is about to, so that the content stays. */
  isAtWork: boolean;
  /** It was taken over, and no attempt has begun since: one that runs by its log does not run here. */
  isDormant: boolean;
}

/** The room in memory for tasks at work. */
export interface Room {
  /** Whether one more task may begin; if not, `roomAgain` of the executor is called later. */
  isFree(): boolean;
  /** Counts what a task will hold that is about to begin. */
  reserve(taskId: string): void;
  /** How much is held, and how much may be, in bytes of the tasks' rows. */
  standing(): { readonly held: number; readonly budget: number };
}

export interface OpenContentsOptions {
  /** The budget of all of them together, in bytes. */
  readonly bytes: number;
  /** Called when only the outline of a task remains in memory. */
  readonly parked: (outline: Task) => void;
  /** Called when attempts that had to wait for memory may begin. */
  readonly roomAgain: () => void;
}

/**
 * Keeps what open tasks hold in memory within a budget. Those that nobody asked for lately are parked first, and those at work
 * stay: when these alone use up the budget, no other may begin (`hasRoom`). Every step of a search is paid for by the use,
 * the start or the change of the task that it looks at.
 */
export class OpenContents {
  readonly #options: OpenContentsOptions;
  /** Whole tasks that may be parked. */
  readonly #idle = new Set<OpenContent>();
  /** Goes round `#idle`, like the hand of a clock. */
  #hand: Iterator<OpenContent> | undefined;
  #held = 0;
  #isAnyoneWaiting = false;

  constructor(options: OpenContentsOptions) {
    this.#options = options;
  }

  /** The bytes of all open tasks that are whole in memory, or are about to be. */
  get held(): number {
    return this.#held;
  }

  get budget(): number {
    return this.#options.bytes;
  }

  /** Whether one more task may begin to work; who is told no is told when there is room again. */
  get hasRoom(): boolean {
    if (this.#held <= this.#options.bytes) return true;
    this.#isAnyoneWaiting = true;
    return false;
  }

  /** Whether one more task can stay whole without another one being parked for it. */
  fits(bytes: number): boolean {
    return this.#held + bytes <= this.#options.bytes;
  }

  /** Counts a task that is whole in memory. */
  add(content: OpenContent): void {
    this.#held += content.bytes;
    this.#idle.add(content);
  }

  /** A parked task was read, as it is. */
  fill(content: OpenContent, task: Task): void {
    content.task = task;
    content.isUsed = true;
    if (!content.isParked) return;
    content.isParked = false;
    if (!content.isAtWork) this.add(content);
  }

  /** The task has changed, and is whole in memory. */
  change(content: OpenContent, task: Task, bytes: number): void {
    if (content.isParked) this.fill(content, task);
    content.task = task;
    this.#held += bytes - content.bytes;
    content.bytes = bytes;
    if (content.isAtWork) this.release(content);
  }

  /** An attempt of the task is about to begin: what it will hold counts from now on. */
  reserve(content: OpenContent): void {
    if (content.isAtWork) return;
    content.isAtWork = true;
    if (content.isParked) this.#held += content.bytes;
    else this.#idle.delete(content);
    this.#trim();
  }

  /** The task may be parked again, unless an attempt runs. */
  release(content: OpenContent): void {
    if (!content.isAtWork || runsHere(content)) return;
    content.isAtWork = false;
    if (content.isParked) this.#held -= content.bytes;
    else this.#idle.add(content);
  }

  /** The task has ended. */
  remove(content: OpenContent): void {
    if (!content.isParked || content.isAtWork) this.#held -= content.bytes;
    this.#idle.delete(content);
  }

  /**
   * Parks what goes beyond the budget, and tells those that were refused if there is room again. To be called after all
   * others know of a change, because they may hold the task, too.
   */
  settle(): void {
    this.#trim();
    if (!this.#isAnyoneWaiting || this.#held > this.#options.bytes) return;
    this.#isAnyoneWaiting = false;
    this.#options.roomAgain();
  }

  #trim(): void {
    while (this.#held > this.#options.bytes) {
      const content = this.#next();
      if (content === undefined) return;
      if (content.isUsed) content.isUsed = false;
      else {
        this.#idle.delete(content);
        if (runsHere(content)) content.isAtWork = true;
        else this.#park(content);
      }
    }
  }

  #park(content: OpenContent): void {
    this.#held -= content.bytes;
    content.isParked = true;
    content.task = outlineOf(content.task);
    this.#options.parked(content.task);
  }

  #next(): OpenContent | undefined {
    const next = this.#hand?.next();
    if (next !== undefined && !next.done) return next.value;
    if (this.#idle.size === 0) return undefined;
    this.#hand = this.#idle.values();
    return this.#hand.next().value;
  }
}

function runsHere({ task, isDormant }: OpenContent): boolean {
  return !isDormant && isAtWork(task);
}
