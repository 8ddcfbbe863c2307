import type { TaskEvent } from "../../src/core/events.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { History } from "./history.ts";
import type { Past } from "./past.ts";

/** A step or its undoing that was recorded as a success. */
interface Success {
  /** Task, step and attempt. */
  readonly attempt: string;
  /** The idempotency key under which its effect is counted. */
  readonly effect: string;
  readonly position: number;
}

/** an attempt is started once, after it was recorded. Its reports count once, and only for it. */
export function checkSteps({ entries, remains }: History, past: Past): readonly string[] {
  const log = readLog(remains);
  const handlers = readHandlers(entries);
  const recorded = new Set(log.successes.map(({ effect }) => effect));
  return [
    ...handlers.complaints,
    ...[...handlers.handedOut]
      .filter((attempt) => !log.started.has(attempt))
      .map((attempt) => `R-5 ${attempt}: it ran, and was never recorded`),
    ...log.successes.flatMap((success) => [
      ...doubts(success, handlers, remains),
      ...missingOutputs(success, handlers, past),
    ]),
    ...Object.keys(remains.effects)
      .filter((effect) => !recorded.has(effect))
      .map((effect) => `R-5 ${effect}: it had an effect without a success`),
  ];
}

type Handlers = ReturnType<typeof readHandlers>;

function* doubts(
  { attempt, effect, position }: Success,
  { endedWell, told }: Handlers,
  { effects }: History["remains"],
): Generator<string> {
  const ended = endedWell.get(attempt);
  const known = told.get(position);
  if (ended === undefined || (known !== undefined && known < ended)) {
    yield `R-5 ${attempt}: recorded as a success at ${position}, when this attempt had not succeeded`;
  }
  const times = effects[effect] ?? 0;
  if (times !== 1) yield `R-5 ${effect}: it has had its effect ${times} times`;
}

function readLog(remains: History["remains"]) {
  const started = new Set<string>();
  const successes: Success[] = [];
  const current = new Map<string, string>();
  for (const { taskId, origin, position, event } of ownEvents(remains)) {
    if (!("step" in event)) continue;
    const step = `${taskId} ${event.step}`;
    if ("attempt" in event) {
      started.add(`${step} ${event.attempt}`);
      current.set(step, `${step} ${event.attempt}`);
    }
    const effect = effectOf(origin, event);
    if (effect !== undefined)
      successes.push({ attempt: current.get(step) ?? "", effect, position });
  }
  return { started, successes };
}

/** Checks that all outputs of a handler are in the task at the end of its step. */
function* missingOutputs(
  { attempt, effect, position }: Success,
  { outputs }: Handlers,
  past: Past,
): Generator<string> {
  const [taskId = ""] = attempt.split(" ");
  const there = past.last(taskId)?.outputs ?? {};
  for (const [name, value] of Object.entries(outputs.get(attempt) ?? {})) {
    if (effect.endsWith("/undo") || name in there) continue;
    yield `R-5 ${attempt}: recorded as a success at ${position}, without its output ${name}=${value}`;
  }
}

/** Only handlers of our task types report what they do, so only these are checked. */
function* ownEvents({ log }: History["remains"]) {
  const own = new Map<string, string>();
  for (const { taskId, position, events } of log) {
    const [first] = events;
    if (first?.type === "TaskSubmitted" && first.task.product === "native") {
      // The effects of an imported task are those of the task it was, wherever it was.
      own.set(taskId, first.task.importedFrom ?? taskId);
    }
    const origin = own.get(taskId);
    if (origin === undefined) continue;
    for (const event of events) yield { taskId, origin, position, event };
  }
}

function effectOf(taskId: string, event: TaskEvent): string | undefined {
  if (event.type === "StepSucceeded") return `${taskId}/${event.step}`;
  return event.type === "UndoSucceeded" ? `${taskId}/${event.step}/undo` : undefined;
}

function readHandlers(entries: History["entries"]) {
  const handedOut = new Set<string>();
  /** The time, and the time when each commit was reported. */
  const endedWell = new Map<string, number>();
  const told = new Map<number, number>();
  const outputs = new Map<string, JsonObject>();
  const complaints: string[] = [];
  for (const [at, entry] of entries.entries()) {
    if (entry.type === "told") told.set(entry.position, at);
    if (entry.type !== "handed-out" && entry.type !== "handler-ended") continue;
    const attempt = `${entry.taskId} ${entry.step} ${entry.attempt}`;
    if (entry.type === "handler-ended") {
      if (entry.well) endedWell.set(attempt, at);
      outputs.set(attempt, entry.outputs);
      continue;
    }
    if (handedOut.has(attempt)) complaints.push(`R-5 ${attempt}: handed out twice`);
    handedOut.add(attempt);
  }
  return { handedOut, endedWell, outputs, told, complaints };
}
