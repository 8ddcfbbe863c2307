import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import {
  findStep,
  isFinal,
  type PlannedStep,
  type Step,
  type Task,
  type TaskDraft,
} from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import type { Submission } from "./drafts.ts";
import type { RetryRequest } from "./task-service.ts";

/** Only an ended task can be tried again, because two tasks must not do the same work. @throws DomainError `ResourceBusy` */
export function checkEnded(task: Task): void {
  if (isFinal(task.state)) return;
  const message = `task ${task.id} is ${task.state}; it can be tried again when it has ended`;
  throw new DomainError("ResourceBusy", message, { kind: "task", id: task.id, by: task.id });
}

/** The submission of a fork: the first request again, without its deadlines and delays, which have passed. */
export function forkOf(
  old: Task,
  draft: TaskDraft,
  type: TaskType,
  { by, reason, fromStep }: RetryRequest,
): Submission {
  const { account, product, input, target, attributes, priority, concurrencyKey, labels } = draft;
  const ownTarget = target.type === "task" && target.id === old.id;
  return {
    account,
    product,
    type: type.type,
    input,
    ...(!ownTarget && { target }),
    attributes,
    priority,
    ...(concurrencyKey !== undefined && { concurrencyKey }),
    ...(labels && { labels }),
    forkOf: { taskId: old.id, by, reason, ...(fromStep !== undefined && { fromStep }) },
    takenOver: takenOver(old, type.plan, fromStep),
  };
}

/**
 * The outputs of the steps that a fork takes over: all that succeeded in the old task, without `fromStep` and what
 * comes after it.
 * @throws DomainError `InvalidParameter` if there is no such step, or a step before it did not succeed.
 */
function takenOver(
  old: Task,
  plan: readonly PlannedStep[],
  fromStep: string | undefined,
): ReadonlyMap<string, JsonObject> {
  const taken = new Map<string, JsonObject>();
  if (fromStep === undefined) return taken;
  if (!plan.some((step) => step.name === fromStep)) throw wrong(fromStep, "is no step of the task");
  const again = withFollowers(plan, fromStep);
  for (const { name } of plan) {
    const step = findStep(old, name);
    if (!again.has(name) && step && stands(step)) taken.set(name, step.outputs ?? {});
  }
  for (const { name, after } of plan) {
    const missing = after.find((one) => !taken.has(one) && !again.has(one));
    if (missing === undefined || !(name === fromStep || taken.has(name))) continue;
    throw wrong(fromStep, `comes after step "${missing}", of which nothing can be taken over`);
  }
  return taken;
}

function stands(step: Step): boolean {
  return step.state === "succeeded" && (step.undo === undefined || step.undo.state === "ready");
}

function withFollowers(plan: readonly PlannedStep[], first: string): ReadonlySet<string> {
  const found = new Set([first]);
  // Each name that is added may make others follow, so go on until nothing is added.
  for (let size = 0; size < found.size; ) {
    size = found.size;
    for (const { name, after } of plan) if (after.some((one) => found.has(one))) found.add(name);
  }
  return found;
}

function wrong(fromStep: string, what: string): DomainError {
  const expected = "a step whose predecessors all succeeded, or nothing to begin anew";
  return new DomainError("InvalidParameter", `fromStep "${fromStep}" ${what}; give ${expected}`, {
    parameter: "fromStep",
    found: fromStep,
    expected,
  });
}
