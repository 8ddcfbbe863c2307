import type { TaskCommand } from "../core/commands.ts";
import { DomainError } from "../core/errors.ts";
import type { StepReport } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { Target, Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { cut, isLarger, type Limits } from "./limits.ts";
import { flawIn } from "./schemas.ts";

/** @throws DomainError `InvalidParameter` for an input that is too large or does not fit the type's schema. */
export function checkInput(type: TaskType, input: JsonObject, { inputBytes }: Limits): void {
  const flaw = type.input && flawIn(input, type.input, "input");
  if (flaw !== undefined) throw invalid(flaw.path, flaw.expected);
  if (isLarger(input, inputBytes)) throw invalid("input", `must be at most ${inputBytes} bytes`);
}

function invalid(parameter: string, expected: string): DomainError {
  const message = `${parameter} ${expected}`;
  return new DomainError("InvalidParameter", message, { parameter, expected });
}

/**
 * The command as it is applied to the task: texts are cut to their limits, and a step whose outputs are too large or do
 * not fit the type's schema fails. This is checked here so that it holds for every executor.
 */
export function admit(
  task: Task,
  command: TaskCommand,
  type: TaskType | undefined,
  limits: Limits,
): TaskCommand {
  if (command.type === "FailStep") return cutFailure(command, limits);
  if (!("report" in command) || command.report === undefined) return admitBare(task, command, type);
  const report = cutReport(command.report, limits);
  const admitted = { ...command, report };
  const outputs = report.outputs && { ...task.outputs, ...report.outputs };
  if (outputs && isLarger(outputs, limits.outputsBytes)) {
    const message = `the outputs of the task take more than ${limits.outputsBytes} bytes`;
    return failing(admitted, { code: "StepOutputsTooLarge", message });
  }
  return admitted.type === "CompleteStep"
    ? checkOutputs(task, admitted, outputs ?? task.outputs, type)
    : admitted;
}

type CompleteStep = Extract<TaskCommand, { type: "CompleteStep" }>;
type Reporting = Extract<TaskCommand, { type: "ReportStep" | "CompleteStep" }>;

function admitBare(task: Task, command: TaskCommand, type: TaskType | undefined): TaskCommand {
  return command.type === "CompleteStep"
    ? checkOutputs(task, command, task.outputs, type)
    : command;
}

/** Checks the outputs of the whole task against its type's schema when the last step completes. */
function checkOutputs(
  task: Task,
  command: CompleteStep,
  outputs: JsonObject,
  type: TaskType | undefined,
): TaskCommand {
  if (type?.outputs === undefined || task.ending !== undefined) return command;
  const others = task.steps.filter(({ name }) => name !== command.step);
  if (others.some(({ state }) => state !== "succeeded")) return command;
  const flaw = flawIn(outputs, type.outputs, "outputs");
  if (flaw === undefined) return command;
  return failing(command, { code: "StepOutputsInvalid", message: `${flaw.path} ${flaw.expected}` });
}

function failing(
  { at, step, attempt, report }: Reporting,
  failure: { readonly code: string; readonly message: string },
): TaskCommand {
  const { outputs: _, ...rest } = report ?? {};
  return {
    type: "FailStep",
    at,
    step,
    attempt,
    failure: { ...failure, terminal: true },
    retryAt: at,
    report: rest,
  };
}

type FailStep = Extract<TaskCommand, { type: "FailStep" }>;

/** Cuts the texts of a failure: a message can be the whole answer of another server. */
function cutFailure({ failure, report, ...command }: FailStep, limits: Limits): FailStep {
  const { code, message, cause, terminal } = failure;
  return {
    ...command,
    failure: {
      code: cut(code, limits.messageBytes),
      message: cut(message, limits.messageBytes),
      terminal,
      ...(cause !== undefined && { cause: cut(cause, limits.messageBytes) }),
    },
    ...(report && { report: cutReport(report, limits) }),
  };
}

function cutReport(report: StepReport, { messageBytes, noticeBytes }: Limits): StepReport {
  const { message, notices } = report;
  return {
    ...report,
    ...(message !== undefined && { message: cut(message, messageBytes) }),
    ...(notices && {
      notices: notices.map((one) => ({ ...one, message: cut(one.message, noticeBytes) })),
    }),
  };
}

/** The account in the name of a resource: `acs:{product}:{region}:{account}:{resource}`. */
const ACCOUNT_PART = 3;

/**
 * Refuses a task of a product whose target is in another account: an account itself, or a resource whose name says whose it
 * is. Every other target is looked up in the caller's account alone, and is not found if it is somebody else's.
 * @throws DomainError `ResourceNotFound`
 */
export function refuseForeignTarget(target: Target | undefined, account: string): void {
  if (target === undefined) return;
  const owner = ownerOf(target);
  if (owner === undefined || owner === account) return;
  const { type: kind, id } = target;
  const message = `target: there is no ${kind} ${id} in the account ${account}; give a target of your own account`;
  throw new DomainError("ResourceNotFound", message, { kind, id });
}

function ownerOf({ type, id }: Target): string | undefined {
  if (type === "account") return id;
  if (!id.startsWith("acs:")) return undefined;
  const owner = id.split(":")[ACCOUNT_PART] ?? "";
  return owner === "" || owner === "*" ? undefined : owner;
}
