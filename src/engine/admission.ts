import type { BudgetMeter } from "../budget-meter.ts";
import type { TaskCommand } from "../core/commands.ts";
import { DomainError } from "../core/errors.ts";
import type { StepReport } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { Target, Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { FIELD_LIMITS } from "../core/values/field-limits.ts";
import { CUT, cut, jsonBytes, type Limits } from "./bounds/limits.ts";
import { boundedByLog, boundedQuestion, checkAnswer, failing } from "./bounds/log-bounds.ts";
import { type Excess, excessOf } from "./bounds/report-bounds.ts";
import { cutFailure, cutReport } from "./bounds/text-bounds.ts";
import { flawIn } from "./schemas.ts";

/** The bounds of what a task may hold. */
export interface AdmissionBounds extends Limits {
  /** Hears of each bound that something went beyond. */
  readonly reached?: BudgetMeter["reached"];
}

/** @throws DomainError `InvalidParameter` for an input that is too large or does not fit the type's schema. */
export function checkInput(
  type: TaskType,
  input: JsonObject,
  { inputBytes, reached }: AdmissionBounds,
): void {
  const flaw = type.input && flawIn(input, type.input, "input");
  if (flaw !== undefined) throw invalid(flaw.path, flaw.expected);
  const bytes = jsonBytes(input, inputBytes);
  if (bytes <= inputBytes) return;
  reached?.("inputBytes");
  const [found, expected] = [`${bytes} bytes long`, `at most ${inputBytes} bytes`];
  const message = `input is ${found}; give ${expected}`;
  throw new DomainError("InvalidParameter", message, { parameter: "input", found, expected });
}

function invalid(parameter: string, expected: string): DomainError {
  const message = `${parameter} ${expected}`;
  return new DomainError("InvalidParameter", message, { parameter, expected });
}

/** As `admit`, for a task that goes on: its log has a bound, too. @throws also DomainError `TaskNotPausable` */
export function admitLive(
  task: Task,
  command: TaskCommand,
  type: TaskType | undefined,
  limits: AdmissionBounds,
): TaskCommand {
  return admit(task, boundedByLog(task, command), type, limits);
}

/**
 * The command as it is applied to the task: texts are cut to their limits, and a step that would make the task too large,
 * or whose outputs do not fit the type's schema, fails. This is checked here so that it holds for every executor.
 * @throws DomainError `InvalidParameter` for an answer with too much data.
 */
export function admit(
  task: Task,
  command: TaskCommand,
  type: TaskType | undefined,
  limits: AdmissionBounds,
): TaskCommand {
  switch (command.type) {
    case "ReportStep":
    case "CompleteStep":
    case "FailStep":
      return admitReport(task, command, type, limits);
    case "AskApproval":
      return boundedQuestion(task, command);
    case "SignalTask":
      checkAnswer(task, command);
      return command;
    default:
      return command;
  }
}

function admitReport(
  task: Task,
  command: Reporting,
  type: TaskType | undefined,
  limits: AdmissionBounds,
): TaskCommand {
  const { step } = command;
  const report = command.report && cutReport(command.report, task, step, limits);
  if (limits.reached && report !== command.report)
    countCuts(report, command.report, limits.reached);
  const excess = report && excessOf(task, step, report, limits);
  if (excess !== undefined) {
    limits.reached?.(excess.bound);
    return exceeding(command, excess, report);
  }
  const admitted = report === undefined ? command : { ...command, report };
  if (admitted.type === "FailStep") {
    return { ...admitted, failure: cutFailure(admitted.failure, task, step, limits) };
  }
  if (admitted.type === "ReportStep") return admitted;
  const outputs = report?.outputs ? { ...task.outputs, ...report.outputs } : task.outputs;
  return checkOutputs(task, admitted, outputs, type);
}

/** Counts texts that were cut. */
function countCuts(
  report: StepReport | undefined,
  whole: StepReport | undefined,
  reached: BudgetMeter["reached"],
): void {
  const isCut = (text: string | undefined, before: string | undefined) =>
    text !== undefined && text !== before && text.endsWith(CUT);
  if (isCut(report?.message, whole?.message)) reached("messageBytes");
  for (const [index, { message }] of report?.items?.entries() ?? []) {
    if (isCut(message, whole?.items?.[index]?.message)) reached("messageBytes");
  }
  for (const [index, { message }] of report?.notices?.entries() ?? []) {
    if (isCut(message, whole?.notices?.[index]?.message)) reached("noticeBytes");
  }
}

/** The attempt fails, without the field that is too large. An error that it ended with is the cause. */
function exceeding(
  command: Reporting,
  { field, code, message }: Excess,
  report: StepReport | undefined,
): TaskCommand {
  const { [field]: _, ...rest } = report ?? {};
  const failed = command.type === "FailStep" ? command.failure : undefined;
  const cause = failed && {
    cause: cut(`${failed.code}: ${failed.message}`, FIELD_LIMITS.nameBytes),
  };
  return failing(command, { code, message, ...cause }, rest);
}

type CompleteStep = Extract<TaskCommand, { type: "CompleteStep" }>;
type Reporting = Extract<TaskCommand, { type: "ReportStep" | "CompleteStep" | "FailStep" }>;

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
  const { outputs: _, ...rest } = command.report ?? {};
  const message = `${flaw.path} ${flaw.expected}`;
  return failing(command, { code: "StepOutputsInvalid", message }, rest);
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
