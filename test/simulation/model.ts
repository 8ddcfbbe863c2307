import type { TaskCommand } from "../../src/core/commands.ts";
import { decide } from "../../src/core/decide.ts";
import { DomainError } from "../../src/core/errors.ts";
import type { TaskEvent } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import { findStep, isFinal, type Task } from "../../src/core/task.ts";

/** An attempt of a step of the task with this index. */
interface Attempt {
  readonly task: number;
  readonly step: string;
  readonly attempt: number;
}

/** What a handler said at its end, on its way to the core; `late`: of a life that is over, or for the second time. */
interface Report extends Attempt {
  readonly type: "CompleteStep" | "FailStep" | "AbandonStep";
  readonly late: boolean;
}

/** The complete state: what is durable, and what the executor has in memory. */
export interface State {
  readonly tasks: readonly Task[];
  /** Indexes of the tasks that wait for the key, and of the task that holds it. */
  readonly line: readonly number[];
  readonly holder: number | undefined;
  readonly handlers: readonly Attempt[];
  readonly reports: readonly Report[];
  /** Tasks that still need the command RecoverTask. */
  readonly recovering: readonly number[];
  /** The highest attempt that was ever handed out, by task and step. */
  readonly handedOut: Readonly<Record<string, number>>;
  readonly left: { readonly crashes: number; readonly repeats: number; readonly orders: number };
}

/** What happened on the way from one state to the next. */
export interface Move {
  readonly name: string;
  readonly next: State;
  /** Committed by it, and to which task. */
  readonly committed?: { readonly task: number; readonly events: readonly TaskEvent[] };
  readonly report?: Report;
  readonly handedOut: readonly Attempt[];
}

/** How many late reports are kept over a crash. More would be refused in the same way. */
const MOST_LATE = 2;

export function initial(tasks: readonly Task[], left: State["left"]): State {
  const line = tasks.map((_, index) => index);
  const empty = { handlers: [], reports: [], recovering: [], handedOut: {} };
  return dispatched({ tasks, line, holder: undefined, ...empty, left });
}

/** All moves that can happen next, including a crash after each commit before the executor learns of it. */
export function* moves(state: State): Generator<Move> {
  for (const move of [...ends(state), ...commands(state)]) {
    yield move;
    if (move.committed !== undefined) yield* crash(move);
  }
  yield* crash({ name: "", next: state, handedOut: [] });
}

/** Handlers come to their end. */
function* ends(state: State): Generator<Move> {
  for (const handler of state.handlers) {
    const handlers = state.handlers.filter((one) => one !== handler);
    const types = ["CompleteStep", "FailStep"] as Report["type"][];
    if (state.tasks[handler.task]?.state === "canceling") types.push("AbandonStep");
    for (const type of types) {
      const report = { ...handler, type, late: false };
      const next = { ...state, handlers, reports: inOrder([...state.reports, report]) };
      yield { name: `${type} is sent`, next, handedOut: [] };
    }
  }
}

function* commands(state: State): Generator<Move> {
  for (const report of state.reports) yield* deliver(state, report);
  for (const [index, task] of state.tasks.entries()) {
    const at = task.updatedAt;
    if (state.recovering.includes(index)) {
      const recovering = state.recovering.filter((one) => one !== index);
      yield* say({ ...state, recovering }, index, { type: "RecoverTask", at });
    }
    if (state.holder === index && task.state === "pending") {
      yield* say(state, index, { type: "StartTask", at });
    }
    yield* timers(state, index, task);
    yield* orders(state, index, task);
  }
}

/** Timers: retries, and the end of the grace period of a cancel. */
function* timers(state: State, index: number, task: Task): Generator<Move> {
  for (const { name, state: step, retryAt } of task.steps) {
    if (step !== "retrying" || retryAt === undefined) continue;
    yield* say(state, index, { type: "RetryStep", at: retryAt, step: name });
  }
  if (task.state !== "canceling" || task.cancel === undefined) return;
  yield* say(state, index, { type: "CheckDeadlines", at: task.cancel.deadline });
}

/** A caller cancels or pauses a task. A paused task is always resumed. */
function* orders(
  state: State,
  index: number,
  { updatedAt: at, state: now }: Task,
): Generator<Move> {
  const who = { by: "ada", reason: "because" };
  if (now === "paused") yield* say(state, index, { type: "ResumeTask", at, ...who });
  if (state.left.orders === 0) return;
  const left = { ...state.left, orders: state.left.orders - 1 };
  yield* say({ ...state, left }, index, { type: "CancelTask", at, ...who, deadline: at + 30 });
  yield* say({ ...state, left }, index, { type: "PauseTask", at, ...who });
}

/** A report arrives, and perhaps a copy of it arrives later. */
function* deliver(state: State, report: Report): Generator<Move> {
  const { task: index, step, attempt, type } = report;
  const at = state.tasks[index]?.updatedAt ?? 0;
  const failure = { code: "Boom", message: "it broke", terminal: false };
  const about = { at, step, attempt };
  const command: TaskCommand =
    type === "FailStep" ? { type, ...about, failure, retryAt: at + 10 } : { type, ...about };
  const reports = state.reports.filter((one) => one !== report);
  yield* say({ ...state, reports }, index, command, report);
  if (state.left.repeats === 0 || report.late) return;
  const left = { ...state.left, repeats: state.left.repeats - 1 };
  yield* say(
    { ...state, left, reports: inOrder([...reports, { ...report, late: true }]) },
    index,
    command,
    report,
  );
}

/** The core decides, the store commits, and the executor learns of it. No move if the core changes nothing. */
function* say(state: State, index: number, command: TaskCommand, report?: Report): Generator<Move> {
  const task = state.tasks[index];
  const decision = task && decide(task, command);
  const name = `${command.type} for ${index}`;
  if (task === undefined || decision === undefined) return;
  if (decision instanceof DomainError || decision.length === 0) {
    if (report !== undefined) yield { name: `${name}, refused`, next: state, handedOut: [] };
    return;
  }
  const tasks = state.tasks.with(index, fold(decision, task));
  const { next, handedOut } = told({ ...state, tasks }, index, decision);
  const committed = { task: index, events: decision };
  yield { name, next, committed, handedOut, ...(report && { report }) };
}

/** The actions of the executor after a commit. */
function told(state: State, index: number, events: readonly TaskEvent[]) {
  const task = state.tasks[index];
  const handedOut: Attempt[] = [];
  for (const event of events) {
    if (event.type !== "StepStarted") continue;
    const now = task && findStep(task, event.step);
    if (now?.state !== "running" || now.attempt !== event.attempt) continue;
    handedOut.push({ task: index, step: event.step, attempt: event.attempt });
  }
  const highest = { ...state.handedOut };
  for (const { step, attempt } of handedOut) highest[`${index} ${step}`] = attempt;
  const handlers = inOrder([...state.handlers, ...handedOut]);
  const next = { ...state, handlers, handedOut: highest };
  if (task === undefined || !isFinal(task.state)) return { next, handedOut };
  const line = next.line.filter((one) => one !== index);
  const holder = next.holder === index ? undefined : next.holder;
  return { next: dispatched({ ...next, line, holder }), handedOut };
}

function dispatched(state: State): State {
  const [first, ...line] = state.line;
  return state.holder === undefined && first !== undefined
    ? { ...state, holder: first, line }
    : state;
}

/** The process dies after this move, before anybody learns of it, and starts again from the durable state. */
function* crash({ name, next: state, committed, report }: Move): Generator<Move> {
  if (state.left.crashes === 0) return;
  const left = { ...state.left, crashes: state.left.crashes - 1 };
  const open = [...state.tasks.entries()].filter(([, task]) => !isFinal(task.state));
  const indexesOf = (pending: boolean) =>
    open.filter(([, task]) => (task.state === "pending") === pending).map(([index]) => index);
  const recovering = indexesOf(false);
  const reports = state.reports.slice(-MOST_LATE).map((one) => ({ ...one, late: true }));
  // What was handed out in the last moment never ran: it was not heard of.
  const handedOut = state.handedOut;
  const next = dispatched({
    tasks: state.tasks,
    line: indexesOf(true),
    holder: recovering[0],
    handlers: [],
    reports,
    recovering,
    handedOut,
    left,
  });
  yield {
    name: name === "" ? "crash" : `${name}, then crash`,
    next,
    handedOut: [],
    ...(committed && { committed }),
    ...(report && { report }),
  };
}

/** Parallel reports have no order. They are sorted, so that equal states are recognised. */
function inOrder<T extends Attempt>(attempts: readonly T[]): readonly T[] {
  return attempts.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A text that is the same for states with the same future. Times are left out, because nothing here has a deadline. */
export function textOf({ tasks, ...memory }: State): string {
  const known = tasks.map(({ state, steps }) => [
    state,
    steps.map((step) => [step.state, step.attempt, step.failures].join()).join(" "),
  ]);
  return JSON.stringify([known, memory]);
}
