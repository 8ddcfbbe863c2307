import { hasEnded, type Step, type Task, type TaskState } from "../../client/index.ts";
import { durationText } from "./durations.ts";
import type { Screen, Style } from "./screen.ts";
import type { Column } from "./table.ts";
import { fit, plain, widthOf } from "./text.ts";

const STATE_STYLES: Readonly<Record<TaskState, Style>> = {
  pending: "dim",
  running: "cyan",
  paused: "yellow",
  canceling: "yellow",
  succeeded: "green",
  failed: "red",
  canceled: "yellow",
  expired: "magenta",
};

export function stateStyle({ state }: Pick<Task, "state">): Style {
  return STATE_STYLES[state];
}

/** The health, with the number of failed attempts: `retrying 4×`. */
export function healthText({ health, retries }: Pick<Task, "health" | "retries">): string {
  return health === "retrying" && retries ? `${health} ${retries}×` : (health ?? "");
}

export function percent({ progress }: Pick<Task, "progress">): string {
  return `${Math.floor(progress / 100)} %`;
}

/** How long the task has run, or has waited to run. */
export function lasted(task: Task, now: number): string {
  const from = Date.parse(task.startedAt ?? task.createdAt);
  return durationText((task.endedAt === undefined ? now : Date.parse(task.endedAt)) - from);
}

/** The step to show: the one that runs, else the next one. */
export function stepToShow({ steps }: Task): Step | undefined {
  const active = steps.find(({ state }) => state === "running" || state === "retrying");
  return active ?? steps.find(({ state }) => state === "waiting");
}

/** `write (2 of 3), attempt 2 of 5` */
export function stepText(task: Task): string {
  const step = stepToShow(task);
  if (step === undefined) return "";
  const position = `${step.name} (${task.steps.indexOf(step) + 1} of ${task.steps.length})`;
  return step.attempt > 1
    ? `${position}, attempt ${step.attempt} of ${step.maxAttempts}`
    : position;
}

const BAR = 20;
const SHORT_BAR = 10;
/** The smallest useful width of a step's name or message, in columns. */
const LEAST = 6;

/** One line about the progress of a task, with a bar for people and without one for logs. If it is too long it is cut, the time last. */
export function progressLine(screen: Screen, task: Task, now: number, width: number): string {
  const moves = task.health === undefined || task.health === "moving";
  const state = plain(moves ? task.state : `${task.state}, ${healthText(task)}`);
  const [step, message] = hasEnded(task)
    ? ["", ""]
    : [plain(stepText(task)), plain(task.message ?? "")];
  const time = ` · ${lasted(task, now)}`;
  const head = (bar: number) =>
    `${plain(task.id)}  ${screen.isLive ? barText(task.progress, bar) : ""}${percent(task).padStart(5)}  `;
  /** The columns that are left for the step and the message. */
  const room = (bar: number) => width - widthOf(head(bar)) - widthOf(state) - widthOf(time);
  const short = room(SHORT_BAR) < 0 ? 0 : SHORT_BAR;
  const bar = room(BAR) < widthOf(part(step, width)) ? short : BAR;
  const shownStep = part(step, room(bar));
  const shownMessage = part(message, room(bar) - widthOf(shownStep));
  const left = width - widthOf(head(bar));
  const shownState = screen.paint(stateStyle(task), fit(state, left));
  const shownTime = fit(time, left - widthOf(state));
  return `${head(bar)}${shownState}${shownStep}${shownMessage}${shownTime}`;
}

/** The text after a separator, if there is enough room. */
function part(text: string, room: number): string {
  const whole = text === "" ? "" : ` · ${text}`;
  return widthOf(whole) > room && room < LEAST ? "" : fit(whole, room);
}

function barText(progress: number, width: number): string {
  const full = Math.min(width, Math.max(0, Math.round((progress / 10_000) * width)));
  return width === 0 ? "" : `${"█".repeat(full)}${"░".repeat(width - full)} `;
}

/** Lines that say how the task ended and, after a failure, why. */
export function endLines(screen: Screen, task: Task, now: number): string[] {
  const state = screen.paint(stateStyle(task), plain(task.state));
  const first = `${plain(task.id)} ${hasEnded(task) ? state : `is ${state}`} after ${lasted(task, now)}`;
  return [first, ...causeLines(task)];
}

/** Why the task did not succeed: the failed step, code and message, or who canceled it and why. */
export function causeLines({ error, cancel, state }: Task): string[] {
  const lines: string[] = [];
  if (error !== undefined) {
    const attempt = error.attempt === undefined ? "" : `, attempt ${error.attempt}`;
    const where = error.step === undefined ? "" : `step ${error.step}${attempt}: `;
    lines.push(`  ${where}${error.code}: ${error.message}`);
    if (error.cause !== undefined) lines.push(`  cause: ${error.cause}`);
  }
  if (cancel !== undefined && (state === "canceled" || state === "canceling")) {
    lines.push(`  canceled by ${cancel.by}: ${cancel.reason}`);
  }
  return lines.map((line) => plain(line));
}

export function taskColumns(now: number): readonly Column<Task>[] {
  return [
    { title: "ID", of: ({ id }) => id },
    { title: "PRODUCT", of: ({ product }) => product, least: 6, spare: 4 },
    { title: "TYPE", of: ({ type }) => type, least: 8 },
    { title: "STATE", of: ({ state }) => state, style: stateStyle },
    { title: "HEALTH", of: (task) => (task.health === "moving" ? "" : healthText(task)) },
    { title: "DONE", of: percent, align: "right", spare: 2 },
    {
      title: "STEP",
      of: (task) => (hasEnded(task) ? "" : stepToShow(task)?.name),
      least: 8,
      spare: 5,
    },
    {
      title: "TARGET",
      of: ({ id, target }) => (target.id === id ? "" : (target.name ?? target.id)),
      least: 10,
      spare: 6,
    },
    {
      title: "AGE",
      of: ({ createdAt }) => durationText(now - Date.parse(createdAt)),
      align: "right",
      spare: 3,
    },
    {
      title: "ERROR",
      of: ({ error }) => error && `${error.code}: ${error.message}`,
      least: 10,
      spare: 1,
    },
  ];
}
