import type { TaskCommand } from "./commands.ts";
import { DomainError } from "./errors.ts";
import type { TaskEvent } from "./events.ts";
import { type Decision, notRunning, refuse, unexpected } from "./refusals.ts";
import { type Approval, findStep, isFinal, type Step, type Task } from "./task.ts";

type SignalCommand = Extract<TaskCommand, { type: "SignalTask" }>;
export type ApprovalDecided = Extract<TaskEvent, { type: "ApprovalDecided" }>;

/** So much of a question is part of an error message; `facts` has all of it. */
const SHOWN_CHARACTERS = 200;

/** The question of the step that has no answer yet: the one with this number, else the oldest. */
export function openApproval(step: Step, number?: number): Approval | undefined {
  return step.approvals?.find(
    (approval, index) =>
      approval.verdict === undefined &&
      (number === undefined || numberOf(approval, index) === number),
  );
}

/** The open questions of a step, each with the number that names it; none if the step is over. */
export function openQuestions(step: Step): readonly { number: number; question: string }[] {
  if (isOver(step)) return [];
  return (step.approvals ?? []).flatMap((approval, index) =>
    approval.verdict === undefined
      ? [{ number: numberOf(approval, index), question: approval.question }]
      : [],
  );
}

/**
 * The number that names a question in its task. `index` is its place among those of its step, and counts for questions of
 * earlier versions, which stored no number. Such a count is lower than every version at which a question can be asked.
 */
export function numberOf({ number }: Approval, index: number): number {
  return number ?? index + 1;
}

export function ask(task: Task, step: Step, at: number, question: string): Decision {
  if (step.undo !== undefined) return unexpected(task, "one that asks: an undo has to do without");
  const known = step.approvals?.some((approval) => approval.question === question);
  if (known) return [];
  return [{ type: "ApprovalAsked", at, step: step.name, question, number: task.version + 1 }];
}

/**
 * Decides the answer to a question. It must name the question, because a repeated or a late answer would else be taken for
 * the answer to the next one, which nobody has seen. `rejected` decides what follows from a rejection.
 */
export function signal(
  task: Task,
  at: number,
  { step: name, ...told }: SignalCommand,
  rejected: (task: Task, step: Step, decided: ApprovalDecided) => Decision,
): Decision {
  if (isFinal(task.state)) return refuse(task, "TaskEnded", "it waits for nobody any more");
  const step = findStep(task, name);
  const approvals = step?.approvals ?? [];
  const isDeaf = step === undefined || isOver(step) || task.state === "canceling";
  const waits = !isDeaf && openApproval(step) !== undefined;
  const isNamed = told.number !== undefined && approvals.length > 0;
  if (step === undefined || (!waits && !isNamed))
    return notRunning(task, name, "waiting for an approval");
  const number = told.number ?? onlyNumber(task, approvals);
  if (number === undefined) return unnamed(task, step);
  const open = isDeaf ? undefined : openApproval(step, number);
  if (open === undefined) return notOpen(task, step, number);
  const { decision, by, reason, data } = told;
  const verdict = { decision, by, reason, ...(data && { data }) };
  const decided = { type: "ApprovalDecided", at, step: name, number, ...verdict } as const;
  return decision === "approve" ? [decided] : rejected(task, step, decided);
}

/**
 * The number of the only question that can be meant by an answer without a number. An imported task may have asked others
 * before: those are not among its approvals any more.
 */
function onlyNumber({ importedFrom }: Task, approvals: readonly Approval[]): number | undefined {
  const [first, second] = approvals;
  const isOnly = first !== undefined && second === undefined && importedFrom === undefined;
  return isOnly ? numberOf(first, 0) : undefined;
}

function isOver({ state }: Step): boolean {
  return state === "succeeded" || state === "failed" || state === "canceled";
}

function unnamed(task: Task, step: Step): DomainError {
  const message = `number: it is missing, and step "${step.name}" of task ${task.id} can have asked several questions; give the number of the question that you answer. ${openText(task, step)}`;
  return new DomainError("MissingParameter", message, {
    parameter: "number",
    ...facts(task, step),
  });
}

function notOpen(task: Task, step: Step, number: number): DomainError {
  const asked = step.approvals?.find((approval, index) => numberOf(approval, index) === number);
  const found =
    asked?.verdict === undefined
      ? `step "${step.name}" of task ${task.id} has no open question ${number}`
      : `question ${number} of step "${step.name}" of task ${task.id} has its answer: ${asked.verdict.decision}, by ${asked.verdict.by}`;
  const message = `${found}. ${openText(task, step)}`;
  return new DomainError("QuestionNotOpen", message, { number, ...facts(task, step) });
}

function facts(task: Task, step: Step) {
  const open = task.state === "canceling" ? [] : openQuestions(step);
  return { taskId: task.id, step: step.name, open: open.map((one) => ({ ...one })) };
}

function openText(task: Task, step: Step): string {
  const open = task.state === "canceling" ? [] : openQuestions(step);
  if (open.length === 0) return "It has no open question";
  const shown = open.map(({ number, question }) => {
    const text = question.slice(0, SHOWN_CHARACTERS);
    return `number ${number}: ${text}${text === question ? "" : "…"}`;
  });
  return `Open is ${shown.join("; ")}`;
}
