import type { Step, Task } from "../../client/index.ts";
import { durationText } from "./durations.ts";
import type { Screen, Style } from "./screen.ts";
import { fieldLines, tableLines } from "./table.ts";
import { causeLines, healthText, lasted, percent, stateStyle, stepText } from "./task-text.ts";

const STEP_STYLES: Readonly<Record<Step["state"], Style | undefined>> = {
  waiting: "dim",
  running: "cyan",
  retrying: "yellow",
  succeeded: "green",
  failed: "red",
  canceled: "yellow",
};

/** The lines of `taskscribe get`: what a person wants to know first about a task. */
export function taskSheet(screen: Screen, task: Task, now: number): string[] {
  const { target, paused, labels = {} } = task;
  const fields = fieldLines(screen, {
    task: task.id,
    type: `${task.product} ${task.type}`,
    state: task.health === undefined ? task.state : `${task.state} (${healthText(task)})`,
    progress: [percent(task), stepText(task), task.message].filter(Boolean).join(" · "),
    target: [target.type, target.id, target.name].filter(Boolean).join(" "),
    labels: Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
    key: task.concurrencyKey,
    submitted: `${task.createdAt}${task.actor === undefined ? "" : ` by ${task.actor}`}`,
    "not before": task.notBefore,
    "start by": task.startBy,
    "finish by": task.finishBy,
    lasted: task.startedAt === undefined ? undefined : lasted(task, now),
    paused: paused && `by ${paused.by}: ${paused.reason}`,
    "again for": task.forkOf && `${task.forkOf.taskId}: ${task.forkOf.reason}`,
    input: jsonText(task.input),
    outputs: jsonText(task.outputs),
  });
  const cause = causeLines(task).map((line) => screen.paint(stateStyle(task), line));
  return [...fields, ...cause, "", ...stepLines(screen, task, now), ...noticeLines(screen, task)];
}

function jsonText(value: object): string | undefined {
  return Object.keys(value).length === 0 ? undefined : JSON.stringify(value);
}

function stepLines(screen: Screen, { steps }: Task, now: number): string[] {
  return tableLines(screen, steps, [
    { title: "STEP", of: ({ name }) => name },
    { title: "STATE", of: ({ state }) => state, style: ({ state }) => STEP_STYLES[state] },
    { title: "ATTEMPT", of: ({ attempt, maxAttempts }) => `${attempt} of ${maxAttempts}` },
    { title: "LASTED", of: (step) => stepLasted(step, now), align: "right" },
    { title: "SAYS", of: stepSays, least: 12 },
  ]);
}

function stepLasted({ startedAt, endedAt }: Step, now: number): string | undefined {
  if (startedAt === undefined) return undefined;
  return durationText((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}

function stepSays({ error, message, approvals = [] }: Step): string | undefined {
  const open = approvals.find(({ verdict }) => verdict === undefined);
  if (open !== undefined) return `asks (${open.number}): ${open.question}`;
  return error === undefined ? message : `${error.code}: ${error.message}`;
}

function noticeLines(screen: Screen, { notices }: Task): string[] {
  if (notices.length === 0) return [];
  return [
    "",
    ...tableLines(screen, notices.slice(-10), [
      { title: "NOTICE", of: ({ at }) => at },
      { title: "LEVEL", of: ({ level }) => level },
      { title: "REASON", of: ({ reason }) => reason },
      { title: "MESSAGE", of: ({ message }) => message, least: 12 },
    ]),
  ];
}
