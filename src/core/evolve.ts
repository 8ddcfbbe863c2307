import { openApproval } from "./approvals.ts";
import { unreachable } from "./errors.ts";
import type { StepReport, TaskEvent } from "./events.ts";
import type { JsonObject } from "./json.ts";
import { clampProgress, weightedProgress } from "./plan.ts";
import {
  type Approval,
  type Item,
  isFinal,
  MAX_NOTICES,
  type PlannedStep,
  PROGRESS_DONE,
  type Step,
  type SubtaskSummary,
  type Task,
  type TaskDraft,
  type TaskError,
} from "./task.ts";
import { changeUndo } from "./undo.ts";

/** The state before the first event: there is no task. */
export const initialState = undefined;

/** The state after one more event. Pure; never changes its arguments. */
export function evolve(state: Task | undefined, event: TaskEvent): Task {
  if (event.type === "TaskSubmitted") {
    if (state !== undefined) throw new TypeError(`task ${state.id} was submitted twice`);
    return submitted(event.task, event.at);
  }
  if (state === undefined) {
    throw new TypeError(`a task's log begins with TaskSubmitted; found ${event.type}`);
  }
  return { ...change(state, event), version: state.version + 1, updatedAt: event.at };
}

/** The state after all of `events`, on top of `state`. */
export function fold(events: readonly TaskEvent[], state: Task | undefined = initialState): Task {
  let task = state;
  for (const event of events) task = evolve(task, event);
  if (task === undefined) throw new TypeError("a task's log has at least one event; found none");
  return task;
}

function submitted(draft: TaskDraft, at: number): Task {
  const steps = draft.steps.map((planned) => plannedStep(planned, at));
  let outputs: JsonObject = {};
  for (const step of steps) if (step.outputs) outputs = { ...outputs, ...step.outputs };
  return withProgress({
    ...draft,
    state: "pending",
    version: 1,
    steps,
    progress: 0,
    items: [],
    notices: [],
    outputs,
    createdAt: at,
    updatedAt: at,
  });
}

function plannedStep(planned: PlannedStep, at: number): Step {
  const fresh = { ...planned, attempt: 0, failures: 0, crashes: 0, progress: 0 };
  if (planned.takenOver === undefined) return { ...fresh, state: "waiting" };
  const { outputs } = planned.takenOver;
  return { ...fresh, state: "succeeded", outputs, updatedAt: at, endedAt: at };
}

type LaterEvent = Exclude<TaskEvent, { type: "TaskSubmitted" }>;

function change(task: Task, event: LaterEvent): Task {
  switch (event.type) {
    case "TaskStarted":
      return { ...task, state: "running", startedAt: event.at };
    case "TaskPaused":
      return {
        ...task,
        state: "paused",
        paused: { at: event.at, by: event.by, reason: event.reason },
      };
    case "TaskResumed":
      return task.held === undefined
        ? resumed(task, event.at)
        : released(task, task.held, event.at);
    case "TaskImported":
      return takenIn(task, event);
    case "CancelRequested":
      return {
        ...without(without(task, "paused"), "held"),
        state: "canceling",
        cancel: { at: event.at, by: event.by, reason: event.reason, deadline: event.deadline },
      };
    case "TaskEnding": {
      const { type: _, ...ending } = event;
      // An imported task can have steps to undo before it starts here.
      return task.state === "pending"
        ? { ...task, state: "running", startedAt: event.at, ending }
        : { ...task, ending };
    }
    case "TaskSucceeded":
      return { ...task, state: "succeeded", progress: PROGRESS_DONE, endedAt: event.at };
    case "TaskFailed":
      return unhappy(task, "failed", event);
    case "TaskCanceled":
      return { ...without(task, "ending"), state: "canceled", endedAt: event.at };
    case "TaskExpired":
      return unhappy(task, "expired", event);
    default:
      return changeStep(task, event);
  }
}

function unhappy(
  task: Task,
  state: "failed" | "expired",
  { at, error }: { readonly at: number; readonly error: TaskError },
): Task {
  return { ...without(task, "ending"), state, error, message: error.message, endedAt: at };
}

type StepEvent = Extract<LaterEvent, { step: string }>;

function changeStep(task: Task, event: StepEvent): Task {
  switch (event.type) {
    case "StepStarted":
      return withStep(task, event.step, (step) => ({
        ...without(without(without(step, "retryAt"), "endedAt"), "error"),
        state: "running",
        attempt: event.attempt,
        startedAt: step.startedAt ?? event.at,
        updatedAt: event.at,
      }));
    case "StepReported":
      return reported(task, event.step, event.report, event.at);
    case "StepSucceeded":
      return withProgress(withStep(task, event.step, (step) => succeeded(task, step, event.at)));
    case "StepFailed":
      return withStep(task, event.step, (step) => failed(step, event));
    case "StepInterrupted":
      return withStep(task, event.step, (step) => ({
        ...step,
        state: "waiting",
        crashes: step.crashes + (event.cause === "crash" ? 1 : 0),
        updatedAt: event.at,
      }));
    case "ApprovalAsked":
      return withStep(task, event.step, (step) => ({
        ...step,
        approvals: [...(step.approvals ?? []), askedBy(event)],
        updatedAt: event.at,
      }));
    case "ApprovalDecided":
      return withStep(task, event.step, (step) => decided(step, event));
    case "StepCanceled":
      return withStep(task, event.step, (step) => ended(step, "canceled", event.at));
    case "UndoStarted":
    case "UndoSucceeded":
    case "UndoFailed":
    case "UndoInterrupted":
      return withStep(task, event.step, (step) => changeUndo(step, event));
    default:
      return unreachable(event);
  }
}

function succeeded(task: Task, step: Step, at: number): Step {
  const over = ended(step, "succeeded", at);
  if (!step.undoable) return over;
  const order = task.version + 1;
  return {
    ...over,
    undo: { state: "ready", order, attempt: step.attempt, failures: 0, crashes: 0 },
  };
}

function ended(step: Step, state: "succeeded" | "canceled", at: number): Step {
  return { ...without(step, "retryAt"), state, updatedAt: at, endedAt: at };
}

function failed(step: Step, event: Extract<TaskEvent, { type: "StepFailed" }>): Step {
  const counted = { ...step, failures: step.failures + 1, error: event.error, updatedAt: event.at };
  return event.retryAt === undefined
    ? {
        ...without(counted, "retryAt"),
        state: "failed",
        message: event.error.message,
        endedAt: event.at,
      }
    : { ...counted, state: "retrying", retryAt: event.retryAt };
}

function askedBy(event: Extract<TaskEvent, { type: "ApprovalAsked" }>): Approval {
  const { question, number, at: askedAt } = event;
  return { question, askedAt, ...(number !== undefined && { number }) };
}

function decided(step: Step, event: Extract<TaskEvent, { type: "ApprovalDecided" }>): Step {
  const { at, decision, by, reason, data } = event;
  const verdict = { decision, by, reason, at, ...(data && { data }) };
  const open = openApproval(step, event.number);
  const approvals = step.approvals?.map((one) => (one === open ? { ...one, verdict } : one)) ?? [];
  // `updatedAt` stays: a step that failed during a pause is delayed from its failure on (see `resumed`).
  return { ...step, approvals };
}

/** Moves deadlines and retry timers by the length of the pause. */
function resumed(task: Task, at: number): Task {
  const pausedAt = task.paused?.at ?? at;
  const steps = task.steps.map((step) => {
    if (step.retryAt === undefined) return step;
    const since =
      step.updatedAt !== undefined && step.updatedAt > pausedAt ? step.updatedAt : pausedAt;
    return { ...step, retryAt: step.retryAt + (at - since) };
  });
  const running: Task = { ...without(task, "paused"), state: "running", steps };
  return task.finishBy === undefined
    ? running
    : { ...running, finishBy: task.finishBy + (at - pausedAt) };
}

type ImportEvent = Extract<TaskEvent, { type: "TaskImported" }>;

/**
 * The task, back in line, with the steps that are not over to be done here. Approvals that were given elsewhere do not
 * count for these, and subtasks that are open elsewhere are not this task's: their ids may be anybody's.
 */
function takenIn(task: Task, { at, by, held: reason }: ImportEvent): Task {
  const { startedAt, startBy, paused, finishBy, held: _, ...kept } = task;
  const stoodStill = paused === undefined ? 0 : at - paused.at;
  return {
    ...kept,
    state: "pending",
    steps: task.steps.map((step) => back(step, at)),
    ...(startedAt === undefined && startBy !== undefined && { startBy }),
    ...(finishBy !== undefined && { finishBy: finishBy + stoodStill }),
    ...(reason !== undefined && { held: { at, by, reason } }),
  };
}

function back(step: Step, at: number): Step {
  const { subtasks, ...rest } = step;
  const ended = subtasks?.filter(({ state }) => isFinal(state)) ?? [];
  const alone = { ...rest, ...(ended.length > 0 && { subtasks: ended }) };
  if (step.state !== "waiting" && step.state !== "running" && step.state !== "retrying") {
    return alone;
  }
  const { approvals: _approvals, retryAt: _retryAt, error: _error, ...waiting } = alone;
  return { ...waiting, state: "waiting", ...(step.attempt > 0 && { updatedAt: at }) };
}

/** Lets a held task into the line; its deadlines move by the time that it was held. */
function released(task: Task, held: NonNullable<Task["held"]>, at: number): Task {
  const { held: _, startBy, finishBy, ...rest } = task;
  const moved = at - held.at;
  return {
    ...rest,
    ...(startBy !== undefined && { startBy: startBy + moved }),
    ...(finishBy !== undefined && { finishBy: finishBy + moved }),
  };
}

function reported(task: Task, name: string, report: StepReport, at: number): Task {
  const next = withStep(task, name, (step) => ({
    ...step,
    updatedAt: at,
    progress: higher(step.progress, clampProgress(report.progress ?? 0)),
    ...(report.message !== undefined && { message: report.message }),
    ...(report.outputs && { outputs: { ...step.outputs, ...report.outputs } }),
    ...(report.subtasks && { subtasks: withSubtasks(step.subtasks ?? [], report.subtasks) }),
  }));
  return withProgress({
    ...next,
    ...(report.message !== undefined && { message: report.message }),
    ...(report.outputs && { outputs: { ...task.outputs, ...report.outputs } }),
    ...(report.attributes && { attributes: { ...task.attributes, ...report.attributes } }),
    ...(report.items && { items: upsert<Item>(task.items, report.items) }),
    ...(report.notices && { notices: [...task.notices, ...report.notices].slice(-MAX_NOTICES) }),
  });
}

function withSubtasks(known: readonly SubtaskSummary[], told: readonly SubtaskSummary[]) {
  return upsert(known, news(known, told));
}

/** Drops old reports of subtasks: a late or repeated report must not open an ended subtask again. */
function news(known: readonly SubtaskSummary[], told: readonly SubtaskSummary[]) {
  const index = indexOf(known);
  return told.filter(({ id, updatedAt }) => {
    const before = known[index.get(id) ?? -1];
    return before === undefined || (!isFinal(before.state) && updatedAt >= before.updatedAt);
  });
}

interface Entry {
  readonly id: string;
}

/**
 * Where each entry of a list is, by its id. A task can have very many entries and reports them one by one, so that this is
 * kept with the newest list and moves on to the next one.
 */
const indexes = new WeakMap<readonly Entry[], Map<string, number>>();

function indexOf(list: readonly Entry[]): Map<string, number> {
  let index = indexes.get(list);
  if (index === undefined) {
    index = new Map(list.map(({ id }, at) => [id, at]));
    indexes.set(list, index);
  }
  return index;
}

/** Replaces entries with the same id where they stand, adds the others at the end. */
function upsert<T extends Entry>(old: readonly T[], told: readonly T[]): readonly T[] {
  const index = indexOf(old);
  const list = old.slice();
  for (const entry of told) {
    const at = index.get(entry.id);
    if (at === undefined) index.set(entry.id, list.push(entry) - 1);
    else list[at] = entry;
  }
  indexes.delete(old);
  indexes.set(list, index);
  return list;
}

function withStep(task: Task, name: string, update: (step: Step) => Step): Task {
  const index = task.steps.findIndex((step) => step.name === name);
  const step = task.steps[index];
  if (step === undefined) throw new TypeError(`task ${task.id} has no step "${name}"`);
  return { ...task, steps: task.steps.with(index, update(step)) };
}

function withProgress(task: Task): Task {
  return { ...task, progress: higher(task.progress, weightedProgress(task.steps)) };
}

function higher(a: number, b: number): number {
  return a > b ? a : b;
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
