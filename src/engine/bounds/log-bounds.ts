import type { TaskCommand } from "../../core/commands.ts";
import { DomainError } from "../../core/errors.ts";
import type { StepReport } from "../../core/events.ts";
import { type Approval, findStep, type Task } from "../../core/task.ts";
import { bytesOf, FIELD_LIMITS } from "../../core/values/field-limits.ts";
import { jsonBytes } from "./limits.ts";

type Asking = Extract<TaskCommand, { type: "AskApproval" }>;
type Signaling = Extract<TaskCommand, { type: "SignalTask" }>;
type Failing = Extract<TaskCommand, { type: "FailStep" }>;

/** How often a step of a long log may report progress, in ms. */
const QUIET_MS = 60_000;

/** The attempt fails instead, without another one. */
export function failing(
  { at, step, attempt }: Pick<Failing, "at" | "step" | "attempt">,
  failure: { readonly code: string; readonly message: string; readonly cause?: string },
  report?: StepReport,
): Failing {
  return {
    type: "FailStep",
    at,
    step,
    attempt,
    failure: { ...failure, terminal: true },
    retryAt: at,
    ...(report && { report }),
  };
}

/**
 * The command as a task with a long log takes it. Nothing keeps such a task from its end; but it can not be paused, no
 * attempt is repeated, and a step that goes on reporting fails.
 * @throws DomainError `TaskNotPausable`
 */
export function boundedByLog(task: Task, command: TaskCommand): TaskCommand {
  const { events: most, eventsInFull } = FIELD_LIMITS;
  if (task.version < eventsInFull) return command;
  if (command.type === "ReportStep" && isEarly(task, command)) return { ...command, report: {} };
  if (task.version < most) return command;
  const { version } = task;
  const found = `the log of the task has ${version} events; at most ${most} are kept while it runs`;
  switch (command.type) {
    case "ReportStep":
    case "AskApproval":
      return failing(command, {
        code: "TaskLogTooLong",
        message: `${found}. Report less often, or divide the work into more tasks`,
      });
    case "FailStep":
      return { ...command, failure: { ...command.failure, terminal: true } };
    case "PauseTask":
      throw new DomainError("TaskNotPausable", `${found}; cancel it, or let it end`, {
        taskId: task.id,
      });
    default:
      return command;
  }
}

/** Whether the report says only how far the step is, soon after it has said that before. */
function isEarly(task: Task, { at, step, report }: Extract<TaskCommand, { type: "ReportStep" }>) {
  const { updatedAt = 0 } = findStep(task, step) ?? {};
  if (at - updatedAt >= QUIET_MS) return false;
  const { progress: _, message: _message, ...others } = report;
  return Object.values(others).every((value) => value === undefined);
}

/** A question as the task takes it: a step that asks too much fails. */
export function boundedQuestion(task: Task, command: Asking): TaskCommand {
  const { questionBytes, approvals: most } = FIELD_LIMITS;
  const bytes = bytesOf(command.question);
  if (bytes > questionBytes) {
    const message = `question: it is ${bytes} bytes long; ask in at most ${questionBytes} bytes`;
    return failing(command, { code: "StepReportTooLarge", message });
  }
  if (approvalsOf(task).length < most || isKnown(task, command)) return command;
  const message = `question: the task has asked ${most} of them, which is the most; ask for more at once`;
  return failing(command, { code: "StepReportTooLarge", message });
}

function isKnown(task: Task, { step, question }: Asking): boolean {
  const asked = findStep(task, step)?.approvals ?? [];
  return asked.some((approval) => approval.question === question);
}

/** @throws DomainError `InvalidParameter` for data that is too large, alone or with that of earlier answers. */
export function checkAnswer(task: Task, { data }: Signaling): void {
  if (data === undefined) return;
  const { signalsBytes } = FIELD_LIMITS;
  let bytes = jsonBytes(data);
  for (const { verdict } of approvalsOf(task)) {
    if (verdict?.data !== undefined) bytes += jsonBytes(verdict.data);
  }
  if (bytes > signalsBytes) {
    const found = `${bytes} bytes long with that of earlier answers`;
    throw tooLarge("data", found, `at most ${signalsBytes} bytes`);
  }
}

/** What a caller gives with an answer, before its secrets are sealed. @throws DomainError `InvalidParameter` */
export function checkSignalData(data: object): void {
  const { signalDataBytes } = FIELD_LIMITS;
  const bytes = jsonBytes(data, signalDataBytes);
  if (bytes > signalDataBytes) {
    throw tooLarge("data", `${bytes} bytes long`, `at most ${signalDataBytes} bytes`);
  }
}

function tooLarge(parameter: string, found: string, expected: string): DomainError {
  const message = `${parameter} is ${found}; give ${expected}`;
  return new DomainError("InvalidParameter", message, { parameter, found, expected });
}

function approvalsOf({ steps }: Task): readonly Approval[] {
  return steps.flatMap(({ approvals }) => approvals ?? []);
}
