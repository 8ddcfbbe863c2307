import type { JsonObject } from "../../core/json.ts";
import { currentStep, type Item, type Notice, type Step, type Task } from "../../core/task.ts";
import { redactTask } from "../../redact.ts";
import { chinaTime, chinaTimeWithoutZone } from "../timestamps.ts";
import { STAGE_WORDS, type StateWords } from "./dialect.ts";
import type { DescribeTaskInfoBody, TaskEntry } from "./schemas.ts";

/** The answer of DescribeTaskInfo. Its keys are in the seed's order, then the newer ones; empty fields are left out. */
export function describeTaskInfo(stored: Task, words: StateWords): DescribeTaskInfoBody {
  const task = redactTask(stored);
  const target = shownTarget(task);
  const stage = currentStageOf(task);
  const stages = task.steps.filter((step) => step.startedAt !== undefined);
  return {
    cluster_id: clusterId(task),
    task_id: task.id,
    created: chinaTime(task.createdAt),
    updated: chinaTime(task.updatedAt),
    state: words[task.state],
    task_type: task.type,
    ...(target && { target }),
    ...(hasKeys(task.input) && { parameters: task.input }),
    ...(stages.length > 0 && { stages: stages.map((step) => stageOf(step, words)) }),
    ...(stage !== undefined && { current_stage: stage }),
    ...(task.notices.length > 0 && { events: task.notices.map(eventOf) }),
    ...(task.items.length > 0 && { task_result: task.items.map(resultOf) }),
    ...(task.error && { error: { code: task.error.code, message: task.error.message } }),
    ...(hasKeys(task.outputs) && { outputs: task.outputs }),
  };
}

/** One entry of DescribeClusterTasks. */
export function taskEntry(stored: Task, words: StateWords): TaskEntry {
  const task = redactTask(stored);
  return {
    task_id: task.id,
    task_type: task.type,
    state: words[task.state],
    created: chinaTime(task.createdAt),
    updated: chinaTime(task.updatedAt),
    ...(task.error && { error: { message: task.error.message, code: task.error.code } }),
  };
}

function clusterId(task: Task): string {
  const { clusterId } = task.attributes;
  return typeof clusterId === "string" ? clusterId : task.target.id;
}

function shownTarget(task: Task): { id: string; type: string } | undefined {
  const { target } = task.attributes;
  if (typeof target !== "object" || target === null || Array.isArray(target)) return undefined;
  const { id, type } = target as JsonObject;
  return typeof id === "string" && typeof type === "string" ? { id, type } : undefined;
}

/** The current stage. A task that has ended, or that waits for its start, has none. */
function currentStageOf(task: Task): string | undefined {
  const step = currentStep(task);
  return step?.startedAt === undefined ? undefined : step.name;
}

function stageOf(step: Step, words: StateWords) {
  return {
    state: STAGE_WORDS[step.state] ?? words.failed,
    ...(step.startedAt !== undefined && { start_time: chinaTimeWithoutZone(step.startedAt) }),
    ...(step.endedAt !== undefined && { end_time: chinaTimeWithoutZone(step.endedAt) }),
    ...(step.message !== undefined && { message: step.message }),
    ...(step.outputs && hasKeys(step.outputs) && { outputs: step.outputs }),
  };
}

function eventOf(notice: Notice) {
  return {
    action: notice.action,
    level: notice.level,
    message: notice.message,
    reason: notice.reason,
    source: notice.source,
    timestamp: String(notice.at),
  };
}

function resultOf(item: Item) {
  return { data: item.id, status: item.status };
}

function hasKeys(value: JsonObject): boolean {
  for (const _ in value) return true;
  return false;
}
