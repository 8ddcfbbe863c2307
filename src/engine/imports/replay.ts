import { isDeepStrictEqual } from "node:util";
import { openQuestions } from "../../core/approvals.ts";
import type { TaskCommand } from "../../core/commands.ts";
import { decide } from "../../core/decide.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskEvent } from "../../core/events.ts";
import { fold } from "../../core/evolve.ts";
import { findStep, type Step, type Task } from "../../core/task.ts";
import { redactEvents } from "../../redact.ts";

/** The command as the engine would apply it: texts cut, outputs that are too large refused (see `admission.ts`). */
type Admit = (task: Task, command: TaskCommand) => TaskCommand;

/** An event that the core does not make in the state that the events before it lead to. */
export class NotReplayable extends Error {
  readonly index: number;

  constructor(index: number, message: string) {
    super(message);
    this.index = index;
  }
}

/**
 * Decides a log once more: for each event the command is guessed that leads to it, and what the core decides has to be
 * what the log says. The result is the task, which is therefore one that the core can make. Yields after each command
 * how much work it was (about the number of entries that were looked at), so that the caller may pause or stop.
 * @throws NotReplayable
 */
export function* replay(events: readonly TaskEvent[], admit: Admit): Generator<number, Task> {
  let task: Task | undefined;
  for (let index = 0; index < events.length; ) {
    const taken = taking(task, events, index, admit);
    const chunk = events.slice(index, index + taken);
    const before = task;
    task = fold(chunk, before);
    index += taken;
    yield taken + task.steps.length + (chunk.some(tellsItems) ? task.items.length : 0);
  }
  if (task === undefined) throw new NotReplayable(0, "there are no events");
  return task;
}

function tellsItems(event: TaskEvent): boolean {
  return event.type === "StepReported" && event.report.items !== undefined;
}

/** How many events one decision of the core accounts for. */
function taking(
  task: Task | undefined,
  events: readonly TaskEvent[],
  index: number,
  admit: Admit,
): number {
  const event = events[index];
  if (event === undefined) return 0;
  for (const command of commandsFor(task, event)) {
    const decision = decide(task, task === undefined ? command : admit(task, command));
    if (decision instanceof DomainError || decision.length === 0) continue;
    const found = events.slice(index, index + decision.length);
    const told = decision.map((one, place) => asInItsVersion(one, found[place]));
    if (isDeepStrictEqual(redactEvents(told), redactEvents(found))) return found.length;
  }
  const where = task === undefined ? "at the beginning" : `while the task is ${task.state}`;
  throw new NotReplayable(index, `${event.type} can not come there, ${where}`);
}

/** The event as the version that wrote the log would have written it: earlier ones gave questions no numbers. */
function asInItsVersion(decided: TaskEvent, told: TaskEvent | undefined): TaskEvent {
  const isNumbered = decided.type === "ApprovalAsked" || decided.type === "ApprovalDecided";
  if (!isNumbered || told?.type !== decided.type || told.number !== undefined) return decided;
  const { number: _, ...unnumbered } = decided;
  return unnumbered;
}

/** The commands that may have led to the event. What comes with it in one decision is compared afterwards. */
function commandsFor(task: Task | undefined, event: TaskEvent): readonly TaskCommand[] {
  const { type, at } = event;
  if (type === "TaskSubmitted") return [{ type: "SubmitTask", at, task: event.task }];
  if (task === undefined) return [];
  if ("step" in event) return commandsOfStep(task, event);
  switch (type) {
    case "TaskStarted":
      return [{ type: "StartTask", at }];
    case "TaskPaused":
      return [{ type: "PauseTask", at, by: event.by, reason: event.reason }];
    case "TaskResumed":
      return [{ type: "ResumeTask", at, by: event.by, reason: event.reason }];
    case "CancelRequested": {
      const { by, reason, deadline } = event;
      return [{ type: "CancelTask", at, by, reason, deadline }];
    }
    case "TaskImported": {
      const { by, from, held } = event;
      return [{ type: "ImportTask", at, by, from, ...(held !== undefined && { held }) }];
    }
    default:
      return byTime(at);
  }
}

/** The commands that come without anybody's wish: a deadline passed, or the process started again. */
function byTime(at: number): readonly TaskCommand[] {
  return [
    { type: "CheckDeadlines", at },
    { type: "RecoverTask", at },
  ];
}

type StepEvent = Extract<TaskEvent, { step: string }>;

function commandsOfStep(task: Task, event: StepEvent): readonly TaskCommand[] {
  const { at, step } = event;
  const found = findStep(task, step);
  if (found === undefined) return [];
  const { attempt } = found.undo ?? found;
  const about = { at, step, attempt } as const;
  switch (event.type) {
    case "StepStarted":
    case "UndoStarted":
      return [{ type: "RetryStep", at, step }, ...byTime(at)];
    case "StepReported":
      return [{ type: "ReportStep", ...about, report: event.report }];
    case "StepSucceeded":
    case "UndoSucceeded":
      return [{ type: "CompleteStep", ...about }];
    case "StepFailed":
    case "UndoFailed":
      return [failing(event, found), ...byTime(at)];
    case "StepInterrupted":
    case "UndoInterrupted":
      return event.cause === "shutdown" ? [{ type: "InterruptStep", ...about }] : byTime(at);
    case "ApprovalAsked":
      return [{ type: "AskApproval", ...about, question: event.question }];
    case "ApprovalDecided": {
      const { type: _, ...told } = event;
      const { number } = openQuestions(found)[0] ?? {};
      return [{ type: "SignalTask", ...(number !== undefined && { number }), ...told }];
    }
    case "StepCanceled":
      return [{ type: "AbandonStep", ...about }, ...byTime(at)];
    default:
      return [];
  }
}

function failing(
  { at, step, error, retryAt = at }: Extract<StepEvent, { type: "StepFailed" | "UndoFailed" }>,
  found: Step,
): TaskCommand {
  const { attempt } = found.undo ?? found;
  const { code, message, cause, retryable } = error;
  // A clock that went back reports a failure, and its next attempt, before the last event of the task.
  const told = retryAt < at ? retryAt : at;
  return {
    type: "FailStep",
    at: told,
    step,
    attempt,
    failure: { code, message, terminal: !retryable, ...(cause !== undefined && { cause }) },
    retryAt,
  };
}
