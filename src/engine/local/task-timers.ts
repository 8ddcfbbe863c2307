import type { Clock } from "../../clock.ts";
import type { Task } from "../../core/task.ts";
import type { TaskType } from "../../core/task-type.ts";
import { Alarms } from "./alarms.ts";

export type Due =
  | { readonly what: "start" | "deadline"; readonly at: number }
  | { readonly what: "retry"; readonly at: number; readonly step: string };

/** Called when something is due. `waitedFor` is its moment if the wait for it was measured. */
export type OnDue = (task: Task, due: Due, waitedFor: number | undefined) => void;

/** Something that is due at a moment. */
interface Wake {
  readonly due: Due;
  /** Whether it is due once the wall clock shows the moment. */
  readonly byWall: boolean;
  /**
   * Present if the moment is the end of a wait of its own (a pause, a delay, a grace): the longest that this can be, in ms.
   * Then the wait is measured too, so that it is not longer because the clock was set back.
   */
  readonly longestMs?: number | undefined;
}

/** A wait that is measured: when it is over, on the monotonic time. */
interface Measured {
  readonly due: Due;
  readonly over: number;
}

interface Armed {
  task: Task;
  measured: readonly Measured[];
  /** The first moments for which timers run, on either time. */
  wall: number | undefined;
  monotonic: number | undefined;
  stopWall: () => void;
  stopMonotonic: () => void;
}

/**
 * At most two timers for each task, set for the first moment at which something is due: one follows the wall clock, the other one
 * measures. What is due follows only from the task's state, so that pausing, resuming and recovery need no state of their own.
 */
export class TaskTimers {
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  readonly #typeOf: (task: Task) => TaskType | undefined;
  readonly #onDue: OnDue;
  readonly #armed = new Map<string, Armed>();
  #stopped = false;

  constructor(clock: Clock, typeOf: (task: Task) => TaskType | undefined, onDue: OnDue) {
    this.#clock = clock;
    this.#alarms = new Alarms(clock);
    this.#typeOf = typeOf;
    this.#onDue = onDue;
  }

  /** Sets the task's timers; to be called after every change of the task. What is overdue fires at once. */
  arrange(task: Task): void {
    const armed = this.#armed.get(task.id);
    const wakes = this.#wakes(task);
    if (wakes.length > 0) {
      // A start that is due already was handled when the task was enqueued.
      this.#arm(armed ?? newArmed(task), task, wakes, ({ what }) => what === "start");
    } else if (armed !== undefined) this.#disarm(armed);
  }

  /** How long the task is still held up by its delay, in ms; 0: no more. It has to be arranged before. */
  delayMs(task: Task): number {
    const wallMs = Math.max(0, (task.notBefore ?? 0) - this.#clock.now());
    if (wallMs === 0 || task.delayMs === undefined) return wallMs;
    const start = this.#armed.get(task.id)?.measured.find(({ due }) => due.what === "start");
    return Math.max(0, Math.min(wallMs, (start?.over ?? 0) - this.#clock.monotonic()));
  }

  /** Keeps this instead of the task: an outline, from which the same is due. */
  replace(outline: Task): void {
    const armed = this.#armed.get(outline.id);
    if (armed !== undefined) armed.task = outline;
  }

  stop(): void {
    this.#stopped = true;
    for (const armed of this.#armed.values()) this.#disarm(armed);
  }

  /** Sets the timers for what is not over, and for what is, unless `isHandled` says that somebody saw to it. */
  #arm(armed: Armed, task: Task, wakes: readonly Wake[], isHandled: (due: Due) => boolean): void {
    if (this.#stopped) return;
    const monotonic = this.#clock.monotonic();
    const now = this.#clock.now();
    const measured = wakes.flatMap((wake) => measuredOf(armed, wake, now, monotonic));
    armed.task = task;
    armed.measured = measured;
    let [wall, first] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const wake of wakes) {
      const { due, byWall } = wake;
      if (isHandled(due) && this.#isOver(armed, wake)) continue;
      if (byWall) wall = Math.min(wall, due.at);
      first = Math.min(first, overOf(measured, due) ?? Number.POSITIVE_INFINITY);
    }
    this.#armed.set(task.id, armed);
    this.#setTimers(armed, finite(wall), finite(first));
  }

  #isOver({ measured }: Armed, { due, byWall }: Wake): boolean {
    if (byWall && due.at <= this.#clock.now()) return true;
    return (overOf(measured, due) ?? Number.POSITIVE_INFINITY) <= this.#clock.monotonic();
  }

  #setTimers(armed: Armed, wall: number | undefined, monotonic: number | undefined): void {
    const { id } = armed.task;
    if (armed.wall !== wall) {
      armed.stopWall();
      armed.wall = wall;
      armed.stopWall =
        wall === undefined ? nothing : this.#clock.schedule(wall, () => this.#fire(id, "wall"));
    }
    if (armed.monotonic !== monotonic) {
      armed.stopMonotonic();
      armed.monotonic = monotonic;
      const left = (monotonic ?? 0) - this.#clock.monotonic();
      armed.stopMonotonic =
        monotonic === undefined
          ? nothing
          : this.#alarms.after(Math.max(0, left), () => this.#fire(id, "monotonic"));
    }
  }

  #disarm(armed: Armed): void {
    this.#armed.delete(armed.task.id);
    this.#setTimers(armed, undefined, undefined);
  }

  #fire(taskId: string, which: "wall" | "monotonic"): void {
    const armed = this.#armed.get(taskId);
    if (armed === undefined) return;
    armed[which] = undefined;
    const { task } = armed;
    const wakes = this.#wakes(task);
    const over = wakes.filter((wake) => this.#isOver(armed, wake));
    this.#arm(armed, task, wakes, (due) => over.some((wake) => wake.due === due));
    for (const { due, longestMs } of over) {
      this.#onDue(task, due, longestMs === undefined ? undefined : due.at);
    }
  }

  #wakes(task: Task): readonly Wake[] {
    if (task.held !== undefined) return NO_WAKES;
    return task.ending === undefined
      ? usualWakes(task, this.#typeOf)
      : undoWakes(task, this.#typeOf);
  }
}

const nothing = () => {};

function newArmed(task: Task): Armed {
  const timers = { stopWall: nothing, stopMonotonic: nothing };
  return { task, measured: [], wall: undefined, monotonic: undefined, ...timers };
}

function finite(at: number): number | undefined {
  return at === Number.POSITIVE_INFINITY ? undefined : at;
}

/** No wait is longer than it can be, though the clock was set back before it was seen here, or while no process ran. */
function measuredOf(
  armed: Armed,
  { due, longestMs }: Wake,
  now: number,
  monotonic: number,
): Measured[] {
  if (longestMs === undefined) return [];
  const known = overOf(armed.measured, due);
  return [{ due, over: known ?? monotonic + Math.max(0, Math.min(due.at - now, longestMs)) }];
}

function overOf(measured: readonly Measured[], due: Due): number | undefined {
  return measured.find((one) => isSame(one.due, due))?.over;
}

function isSame(one: Due, other: Due): boolean {
  if (one.what !== other.what || one.at !== other.at) return false;
  return one.what !== "retry" || other.what !== "retry" || one.step === other.step;
}

type TypeOf = (task: Task) => TaskType | undefined;

const NO_WAKES: readonly Wake[] = [];

function usualWakes(task: Task, typeOf: TypeOf): readonly Wake[] {
  const { state, notBefore, startBy, finishBy, cancel } = task;
  if (state === "canceling" && cancel !== undefined) {
    const longestMs = typeOf(task)?.cancelGraceMs ?? Number.POSITIVE_INFINITY;
    return [{ due: { what: "deadline", at: cancel.deadline }, byWall: false, longestMs }];
  }
  const found: Wake[] = state === "running" ? retryWakes(task, typeOf) : [];
  if (state === "pending") {
    if (notBefore !== undefined) found.push(momentWake("start", notBefore, task.delayMs));
    if (startBy !== undefined) found.push(momentWake("deadline", startBy));
  }
  if ((state === "pending" || state === "running") && finishBy !== undefined) {
    found.push(momentWake("deadline", finishBy, task.timeoutMs));
  }
  return found;
}

function momentWake(what: "start" | "deadline", at: number, longestMs?: number): Wake {
  return { due: { what, at }, byWall: true, longestMs };
}

function retryWakes(task: Task, typeOf: TypeOf): Wake[] {
  const found: Wake[] = [];
  for (const { name: step, state, retryAt } of task.steps) {
    if (state !== "retrying" || retryAt === undefined) continue;
    const longestMs = pauseMs(task, step, typeOf);
    found.push({ due: { what: "retry", at: retryAt, step }, byWall: false, longestMs });
  }
  return found;
}

/** The timers of a task whose steps are undone: only retries, because its end is decided. */
function undoWakes(task: Task, typeOf: TypeOf): readonly Wake[] {
  return task.steps.flatMap(({ name: step, undo }) => {
    if (undo?.retryAt === undefined) return [];
    const due = { what: "retry", at: undo.retryAt, step } as const;
    return [{ due, byWall: false, longestMs: pauseMs(task, step, typeOf) }];
  });
}

/** The longest pause between two attempts of a step. */
function pauseMs(task: Task, step: string, typeOf: TypeOf): number {
  return typeOf(task)?.steps.get(step)?.retry.maxDelayMs ?? Number.POSITIVE_INFINITY;
}
