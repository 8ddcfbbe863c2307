import { createHash } from "node:crypto";
import type { TaskEvent } from "../core/events.ts";
import { isFinal, type Task } from "../core/task.ts";
import { type TraceContext, traceContext } from "./trace-context.ts";

/** A span that has ended. Times are in ms since 1970. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Why it failed. */
  readonly error: string | undefined;
}

interface Attempt {
  readonly attempt: number;
  readonly startedAt: number;
}

/** How many levels of parent tasks are followed at most. */
const MAX_DEPTH = 20;

/**
 * Makes spans of tasks and of the attempts of their steps, from committed events. The id of a span is computed from its task and
 * step, so that spans find their parents also after a restart.
 */
export class TaskSpans {
  /** Finds an open task in memory. */
  readonly #peek: (account: string, taskId: string) => Task | undefined;
  readonly #ended: (span: EndedSpan) => void;
  /** Attempts that run now in this process. After a crash they start again. */
  readonly #running = new Map<string, Attempt>();

  constructor(
    peek: (account: string, taskId: string) => Task | undefined,
    ended: (span: EndedSpan) => void,
  ) {
    this.#peek = peek;
    this.#ended = ended;
  }

  committed(task: Task, events: readonly TaskEvent[]): void {
    // A task that is final from its first event was imported. It ran on another server.
    if (events[0]?.type === "TaskSubmitted" && isFinal(task.state)) return;
    for (const event of events) if ("step" in event) this.#follow(task, event);
    if (isFinal(task.state)) this.#taskEnded(task);
  }

  #follow(task: Task, event: Extract<TaskEvent, { step: string }>): void {
    const key = `${task.id} ${event.step}`;
    switch (event.type) {
      case "StepStarted":
      case "UndoStarted":
        this.#running.set(key, { attempt: event.attempt, startedAt: event.at });
        break;
      case "StepSucceeded":
      case "UndoSucceeded":
      case "StepCanceled":
        this.#attemptEnded(task, event.step, event.at);
        break;
      case "StepInterrupted":
      case "UndoInterrupted":
        this.#attemptEnded(task, event.step, event.at, `interrupted by a ${event.cause}`);
        break;
      case "StepFailed":
      case "UndoFailed":
        this.#attemptEnded(task, event.step, event.at, textOf(event.error));
        break;
      default:
    }
  }

  #attemptEnded(task: Task, step: string, endedAt: number, error?: string): void {
    const key = `${task.id} ${step}`;
    const running = this.#running.get(key);
    this.#running.delete(key);
    const trace = this.#traceOf(task);
    if (running === undefined || !trace.sampled) return;
    const { attempt, startedAt } = running;
    this.#ended({
      traceId: trace.traceId,
      spanId: idOf(`${key} ${attempt}`, 16),
      parentSpanId: spanIdOf(task.id),
      name: `${task.type} ${step}`,
      startedAt,
      endedAt,
      attributes: {
        ...taskAttributes(task),
        "taskscribe.step": step,
        "taskscribe.attempt": attempt,
      },
      error,
    });
  }

  #taskEnded(task: Task): void {
    for (const step of task.steps) this.#running.delete(`${task.id} ${step.name}`);
    const trace = this.#traceOf(task);
    if (!trace.sampled) return;
    this.#ended({
      traceId: trace.traceId,
      spanId: spanIdOf(task.id),
      // The parent span of a subtask is its parent task, not the caller.
      parentSpanId: task.parent ? spanIdOf(task.parent.taskId) : trace.spanId,
      name: task.type,
      startedAt: task.createdAt,
      endedAt: task.endedAt ?? task.updatedAt,
      attributes: { ...taskAttributes(task), "taskscribe.task.state": task.state },
      error: task.error && textOf(task.error),
    });
  }

  /** The trace of the caller. Without one, a trace of the task itself, which its subtasks belong to. */
  #traceOf(task: Task): Omit<TraceContext, "spanId"> & { readonly spanId?: string } {
    const callers = task.traceparent === undefined ? undefined : traceContext(task.traceparent);
    if (callers !== undefined) return callers;
    let root = task;
    for (let depth = 0; root.parent !== undefined && depth < MAX_DEPTH; depth++) {
      const parent = this.#peek(root.account, root.parent.taskId);
      if (parent === undefined) break;
      root = parent;
    }
    return { traceId: idOf(root.id, 32), sampled: true };
  }
}

function taskAttributes({ id, type, product }: Task) {
  return {
    "taskscribe.task.id": id,
    "taskscribe.task.type": type,
    "taskscribe.product": product,
  };
}

function textOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message}`;
}

function spanIdOf(taskId: string): string {
  return idOf(taskId, 16);
}

/** Hexadecimal digits that are always the same for the same text. The chance that all are zero is one in 2⁶⁴. */
function idOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
