import { createHash } from "node:crypto";
import type { TaskEvent } from "../core/events.ts";
import { isFinal, type Task } from "../core/task.ts";
import { type TraceContext, traceContext } from "./trace-context.ts";

/** A span that has ended. Moments in ms since the epoch. */
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

/** Subtasks of subtasks of …: more is no chain. */
const DEEPEST = 20;

/**
 * Spans of tasks and of their steps' attempts, made of what was committed. A span's id follows from what it is about,
 * so steps find their task and tasks their caller after a restart too.
 */
export class TaskSpans {
  /** An open task at hand. */
  readonly #peek: (account: string, taskId: string) => Task | undefined;
  readonly #ended: (span: EndedSpan) => void;
  /** Attempts that run here; after a crash they begin anew. */
  readonly #running = new Map<string, Attempt>();

  constructor(
    peek: (account: string, taskId: string) => Task | undefined,
    ended: (span: EndedSpan) => void,
  ) {
    this.#peek = peek;
    this.#ended = ended;
  }

  committed(task: Task, events: readonly TaskEvent[]): void {
    // A task that comes with its end was imported: it lived elsewhere.
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
      parentSpanId: spanOf(task.id),
      name: `${task.type} ${step}`,
      startedAt,
      endedAt,
      attributes: { ...about(task), "taskscribe.step": step, "taskscribe.attempt": attempt },
      error,
    });
  }

  #taskEnded(task: Task): void {
    for (const step of task.steps) this.#running.delete(`${task.id} ${step.name}`);
    const trace = this.#traceOf(task);
    if (!trace.sampled) return;
    this.#ended({
      traceId: trace.traceId,
      spanId: spanOf(task.id),
      // A subtask belongs to its parent, and only with it to whoever called.
      parentSpanId: task.parent ? spanOf(task.parent.taskId) : trace.spanId,
      name: task.type,
      startedAt: task.createdAt,
      endedAt: task.endedAt ?? task.updatedAt,
      attributes: { ...about(task), "taskscribe.task.state": task.state },
      error: task.error && textOf(task.error),
    });
  }

  /** The caller's trace; without one, a trace of the task's own, which its subtasks are part of. */
  #traceOf(task: Task): Omit<TraceContext, "spanId"> & { readonly spanId?: string } {
    const given = task.traceparent === undefined ? undefined : traceContext(task.traceparent);
    if (given !== undefined) return given;
    let root = task;
    for (let depth = 0; root.parent !== undefined && depth < DEEPEST; depth++) {
      const parent = this.#peek(root.account, root.parent.taskId);
      if (parent === undefined) break;
      root = parent;
    }
    return { traceId: idOf(root.id, 32), sampled: true };
  }
}

function about({ id, type, product }: Task) {
  return {
    "taskscribe.task.id": id,
    "taskscribe.task.type": type,
    "taskscribe.product": product,
  };
}

function textOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message}`;
}

function spanOf(taskId: string): string {
  return idOf(taskId, 16);
}

/** Hexadecimal digits that are the same for the same text. Never all zero, as far as chance goes: one in 2⁶⁴. */
function idOf(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
