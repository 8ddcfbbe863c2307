import { numberOf } from "../../core/approvals.ts";
import type { Approval, Step, SubtaskSummary, Task } from "../../core/task.ts";
import type { Diagnosis } from "../../engine/health.ts";
import { redactTask } from "../../redact.ts";
import { utcMillis } from "../timestamps.ts";
import type { NativeTask } from "./schemas.ts";

type Moments = Readonly<Record<string, number | undefined>>;

/** A task as our own API shows it, with all fields and our own words. */
export function nativeTask(stored: Task): NativeTask {
  const task = redactTask(stored);
  const { id, product, type, state, version, progress, target } = task;
  const { input, outputs, attributes, priority, items } = task;
  return {
    id,
    product,
    type,
    state,
    version,
    progress,
    ...(task.message !== undefined && { message: task.message }),
    ...(task.error && { error: { ...task.error } }),
    target: { ...target },
    input,
    outputs: { ...outputs },
    attributes: { ...attributes },
    ...(task.labels && { labels: { ...task.labels } }),
    priority,
    ...(task.concurrencyKey !== undefined && { concurrencyKey: task.concurrencyKey }),
    ...(task.parent && { parent: { ...task.parent } }),
    ...(task.forkOf && { forkOf: { ...task.forkOf } }),
    ...(task.importedFrom !== undefined && importFields(task)),
    steps: task.steps.map(stepBody),
    items: items.map((item) => ({ ...item })),
    notices: task.notices.map((notice) => ({ ...notice, at: utcMillis(notice.at) })),
    createdAt: utcMillis(task.createdAt),
    updatedAt: utcMillis(task.updatedAt),
    ...moments({
      startedAt: task.startedAt,
      endedAt: task.endedAt,
      notBefore: task.notBefore,
      startBy: task.startBy,
      finishBy: task.finishBy,
    }),
    ...(task.paused && { paused: controlRecord(task.paused) }),
    ...(task.held && { held: controlRecord(task.held) }),
    ...(task.cancel && { cancel: controlRecord(task.cancel) }),
    ...(task.requestId !== undefined && { requestId: task.requestId }),
    ...(task.actor !== undefined && { actor: task.actor }),
  };
}

function importFields({ importedFrom, importedBy, importedAt, originalActor }: Task) {
  return {
    ...(importedFrom !== undefined && { importedFrom }),
    ...(importedBy !== undefined && { importedBy }),
    ...moments({ importedAt }),
    ...(originalActor !== undefined && { originalActor }),
  };
}

/** The health of a task. It can change without an event, so it is not part of what is rendered once. */
export function healthFields({ health, retries }: Diagnosis) {
  return { ...(health !== undefined && { health }), retries };
}

function approvalBody(approval: Approval, index: number) {
  const { question, askedAt, verdict } = approval;
  return {
    question,
    number: numberOf(approval, index),
    askedAt: utcMillis(askedAt),
    ...(verdict && { verdict: { ...verdict, at: utcMillis(verdict.at) } }),
  };
}

function stepBody(step: Step) {
  const { name, after, state, attempt, maxAttempts, progress } = step;
  return {
    name,
    after: [...after],
    state,
    attempt,
    maxAttempts,
    progress,
    ...(step.message !== undefined && { message: step.message }),
    ...(step.outputs && { outputs: { ...step.outputs } }),
    ...(step.subtasks && { subtasks: step.subtasks.map(subtaskBody) }),
    ...(step.approvals && { approvals: step.approvals.map(approvalBody) }),
    ...(step.error && { error: { ...step.error } }),
    ...moments({ startedAt: step.startedAt, endedAt: step.endedAt, retryAt: step.retryAt }),
  };
}

function subtaskBody(subtask: SubtaskSummary) {
  const { id, type, state, message } = subtask;
  const [createdAt, updatedAt] = [utcMillis(subtask.createdAt), utcMillis(subtask.updatedAt)];
  return { id, type, state, message, createdAt, updatedAt };
}

function controlRecord({ at, by, reason }: { at: number; by: string; reason: string }) {
  return { at: utcMillis(at), by, reason };
}

/** The known moments, as text. */
function moments<Name extends string>(given: Readonly<Record<Name, number | undefined>>) {
  const known = Object.entries(given as Moments).flatMap(([name, at]) =>
    at === undefined ? [] : [[name, utcMillis(at)] as const],
  );
  return Object.fromEntries(known) as { [Key in Name]?: string };
}
