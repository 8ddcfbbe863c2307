import type { Budgets } from "../budgets.ts";
import type { Clock } from "../clock.ts";
import type { TaskCommand } from "../core/commands.ts";
import type { TaskEvent } from "../core/events.ts";
import type { SubtaskRequest } from "../core/step-context.ts";
import type { Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import type { Log } from "../log.ts";
import type { ArchivedTask, Position, Store } from "../store/store.ts";
import type { AdmissionBounds } from "./admission.ts";
import type { Catalog } from "./catalog.ts";
import type { MemoryBudgets, Room } from "./memory/open-contents.ts";
import type { ResourceBuffer } from "./memory/resource-buffer.ts";
import type { Retention } from "./retention.ts";
import type { Sealer, TaskSecrets } from "./secrets.ts";

/** What an executor may ask of the engine. */
export interface ExecutorHost {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  typeOf(task: Task): TaskType | undefined;
  /** Decides and commits; resource changes go into the same transaction. @throws DomainError */
  handle(taskId: string, command: TaskCommand, resources?: ResourceBuffer): Promise<Task>;
  /** Submits the subtask, or finds the one that an earlier attempt submitted under the same key. */
  submitSubtask(parent: Task, step: string, request: SubtaskRequest): Promise<Task>;
  /** The room in memory for tasks at work: asked before one begins. Only an attempt that is reserved or runs keeps its task whole. */
  readonly room: Room;
  /** Resolves when the task has ended, in whichever process. */
  ended(taskId: string, account: string): Promise<Task>;
  resourceBuffer(account: string): ResourceBuffer;
  /** Opens for handlers what is sealed in their tasks. */
  readonly secrets: TaskSecrets;
}

/** What only the executor knows about an open task. The other reasons of `why` follow from the task itself. */
export interface Observation {
  readonly standing: {
    /** If its concurrency key holds it up: who has had it for longest, and how many have it or come first. */
    readonly key: { readonly by: string; readonly ahead: number } | undefined;
    /** Undefined for subtasks, which need no slot. */
    readonly slots: { readonly running: number; readonly limit: number } | undefined;
    /** Present if no task may begin now, because those at work fill the memory for open tasks. In bytes of their rows. */
    readonly memory?: { readonly held: number; readonly budget: number } | undefined;
    readonly ofType: { readonly running: number; readonly limit: number } | undefined;
    /** The limit of the task's account that is reached, of its type or over all. */
    readonly ofAccount?: { readonly running: number; readonly limit: number } | undefined;
    /** The rate that does not let the task start now, and when it will (ms since the epoch). */
    readonly rate:
      | {
          readonly per: "type" | "key";
          readonly starts: number;
          readonly perMs: number;
          readonly nextAt: number;
        }
      | undefined;
  };
  /** How long the task's delay still lasts, in ms; absent: as its moment says. */
  readonly delayMs?: number;
  /** Attempts that run here; moments in ms since the epoch. */
  readonly runs: readonly {
    readonly step: string;
    readonly attempt: number;
    readonly lastSignAt: number;
    /** The attempt is silent after this many ms without a report or heartbeat; undefined: after the engine's default. */
    readonly heartbeatMs: number | undefined;
  }[];
}

/** How busy an executor is, for metrics. */
export interface Load {
  /** Tasks that wait for a slot, a concurrency key or a rate. */
  readonly waiting: number;
  /** The task that waits longest. */
  readonly longest: Task | undefined;
  /** Tasks that have a slot, and how many slots there are. */
  readonly running: number;
  readonly slots: number;
  /** How many tasks of each account have a slot. It changes with them. */
  readonly runningByAccount: () => ReadonlyMap<string, number>;
  /** Attempts that have sent no report and no heartbeat for longer than their limit. */
  readonly silent: number;
  /** Handlers that go on although their attempts were given up. */
  readonly abandoned: number;
}

/**
 * Runs steps and reports their results to the engine. Only the engine decides and writes. A report that comes late or
 * twice does no harm, because the core refuses it.
 */
export interface Executor {
  /** Takes over a task that was open when the engine started, before `committed` is called for it. */
  adopt(task: Task): void;
  /**
   * Called before a new task is written. True: nothing holds the task up, so that the same append may start it, and its
   * slot is reserved until `committed` or `release` is called for it. An executor that has to ask another process
   * returns a promise; a rejected promise counts as false.
   */
  reserve(task: Task): boolean | Promise<boolean>;
  /** Gives the reserved slot back: the task was not written, or was written without its start. */
  release(task: Task): void;
  /** Called when an open task leaves memory: only the given outline may be kept of it. */
  parked?(outline: Task): void;
  /** Called when memory has room for work that had to wait for it. */
  roomAgain?(): void;
  /** Called after every commit, in the order of each task's log; the append may have been another process's. */
  committed(task: Task, events: readonly TaskEvent[]): void;
  /** What the executor knows about the task. An executor that has to ask another process returns a promise. */
  observe(task: Task): Observation | Promise<Observation>;
  /** `silentAfterMs`: when an attempt without a heartbeat limit of its own counts as silent, in ms. */
  load(silentAfterMs: number): Load;
  /** Starts nothing more, lets running attempts end for up to `drainMs`, then interrupts them. */
  stop(drainMs: number): Promise<void>;
}

export interface EngineOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly executor: (host: ExecutorHost) => Executor;
  readonly budgets?: Partial<MemoryBudgets & Pick<Budgets, "listPageBytes">>;
  /** A running step is silent after this many ms without a report or heartbeat. Default 5 minutes. */
  readonly silentAfterMs?: number;
  readonly limits?: Partial<AdmissionBounds>;
  /** Encrypts secrets in stored tasks. Default: secrets are stored in clear, for an engine without a data directory. */
  readonly sealer?: Sealer;
  /** Default: ended tasks stay for ever. */
  readonly retention?: Retention;
}

export type CommitListener = (task: Task, events: readonly TaskEvent[], position: Position) => void;

export type ArchiveListener = (tasks: readonly ArchivedTask[]) => void;
