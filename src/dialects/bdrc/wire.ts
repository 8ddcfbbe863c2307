import type { Json, JsonObject } from "../../core/json.ts";
import type { Task } from "../../core/task.ts";
import { redactTask } from "../../redact.ts";
import { unixSeconds } from "../timestamps.ts";
import { LIMITS, STATE_WORDS } from "./dialect.ts";
import type { BdrcTaskBody, DescribeTaskBody } from "./schemas.ts";

/** The answer of DescribeTask. The outer request id, the one of this call, is filled in later. */
export function describeTask(task: Task): DescribeTaskBody {
  return { Data: taskBody(task), RequestId: "" };
}

/** One task, as DescribeTask and DescribeTasks show it. */
export function taskBody(stored: Task): BdrcTaskBody {
  const task = redactTask(stored);
  const { taskName, taskDescription, taskPriority, taskDetail, taskResult, executionId } =
    task.attributes;
  const detail = jsonText(taskDetail);
  const result = task.state === "succeeded" ? jsonText(taskResult) : undefined;
  return {
    TaskId: task.id,
    TaskName: text(taskName),
    TaskDescription: text(taskDescription),
    TaskType: task.type,
    TaskPriority: priority(taskPriority, task.priority),
    ...(task.requestId !== undefined && { RequestId: task.requestId }),
    ...(detail !== undefined && { TaskDetail: detail }),
    ExecutionId: text(executionId),
    Progress: task.progress,
    TaskStatus: STATE_WORDS[task.state],
    ...(task.error && { ErrorMessage: task.error.message }),
    ...(task.startedAt !== undefined && { StartTime: unixSeconds(task.startedAt) }),
    ...(task.endedAt !== undefined && { CompleteTime: unixSeconds(task.endedAt) }),
    ...(task.finishBy !== undefined && { ExpireTime: unixSeconds(task.finishBy) }),
    ...(result !== undefined && { TaskResult: result }),
  };
}

function priority(given: Json | undefined, ours: number): "HIGH" | "LOW" {
  if (given === "HIGH" || given === "LOW") return given;
  return ours >= LIMITS.highPriority ? "HIGH" : "LOW";
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Objects as JSON text. Empty ones are left out. */
function jsonText(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value !== "object" || value === null) return undefined;
  return Object.keys(value as JsonObject).length === 0 ? undefined : JSON.stringify(value);
}
