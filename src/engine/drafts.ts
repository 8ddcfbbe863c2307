import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Fork, PlannedStep, Task, TaskDraft } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { checkFields } from "../core/values/check-draft.ts";
import type { Caller, SubmitRequest } from "./task-service.ts";

export interface Submission extends SubmitRequest {
  readonly product: string;
  readonly account: string;
  /** Absent for subtasks, which no caller submits. */
  readonly caller?: Caller;
  /** A subtask is part of its parent's trace. */
  readonly traceparent?: string;
  readonly parent?: { readonly taskId: string; readonly step: string };
  readonly forkOf?: Fork;
  /** The parent task of a subtask: the input may hold its secrets. */
  readonly source?: Task;
  /** The outputs of the steps that a fork takes over, by step name. */
  readonly takenOver?: ReadonlyMap<string, JsonObject>;
}

const DEFAULT_PRIORITY = 5;

/** @throws DomainError `InvalidParameter` for a priority that is not a whole number from 0 to 9, and as `checkFields`. */
export function draftOf(id: string, at: number, type: TaskType, wanted: Submission): TaskDraft {
  const { priority = DEFAULT_PRIORITY } = wanted;
  if (!Number.isInteger(priority) || priority < 0 || priority > 9) {
    throw invalid("priority", priority, "a whole number from 0 to 9");
  }
  const draft: TaskDraft = {
    id,
    account: wanted.account,
    product: wanted.product,
    type: type.type,
    input: wanted.input,
    target: wanted.target ?? { type: "task", id },
    attributes: wanted.attributes ?? {},
    steps: wanted.takenOver?.size ? withTakenOver(type.plan, wanted.takenOver) : type.plan,
    priority,
    ...(wanted.concurrencyKey !== undefined && { concurrencyKey: wanted.concurrencyKey }),
    ...(wanted.labels && { labels: wanted.labels }),
    ...(wanted.whenBusy === "supersede" && { supersedes: true }),
    ...(wanted.parent && { parent: wanted.parent }),
    ...(wanted.forkOf && { forkOf: wanted.forkOf }),
    ...timesOf(at, type, wanted),
    ...whoAsked(wanted),
  };
  checkFields(draft);
  return draft;
}

function whoAsked({ caller, traceparent = caller?.traceparent }: Submission) {
  return {
    ...(caller && { requestId: caller.requestId, actor: caller.actor }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

function withTakenOver(
  plan: readonly PlannedStep[],
  taken: ReadonlyMap<string, JsonObject>,
): readonly PlannedStep[] {
  return plan.map((step) => {
    const outputs = taken.get(step.name);
    return outputs === undefined ? step : { ...step, takenOver: { outputs } };
  });
}

function invalid(parameter: string, found: number, expected: string): DomainError {
  return new DomainError("InvalidParameter", `${parameter} is ${found}; give ${expected}`, {
    parameter,
    found: String(found),
    expected,
  });
}

/** When the task may start and has to end: as moments, and the spans that moments were made of. */
function timesOf(at: number, { timeoutMs }: TaskType, wanted: Submission) {
  const { delayMs, startBy } = wanted;
  const notBefore = delayMs === undefined ? wanted.notBefore : at + delayMs;
  const limit = timeoutMs === undefined ? Number.POSITIVE_INFINITY : at + timeoutMs;
  const isLimited = limit <= (wanted.finishBy ?? Number.POSITIVE_INFINITY);
  const finishBy = isLimited ? limit : wanted.finishBy;
  return {
    ...(notBefore !== undefined && { notBefore }),
    ...(delayMs !== undefined && { delayMs }),
    ...(startBy !== undefined && { startBy }),
    ...(finishBy !== undefined && Number.isFinite(finishBy) && { finishBy }),
    ...(timeoutMs !== undefined && isLimited && { timeoutMs }),
  };
}
