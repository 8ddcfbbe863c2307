import type { Json } from "../../core/json.ts";
import { hasSeveralSuccessors } from "../../core/plan.ts";
import type { Step, SubtaskSummary, Task } from "../../core/task.ts";
import { utcMillis } from "../timestamps.ts";
import { STAGE_TAG_LABEL, STATE_WORDS, STEP_WORDS } from "./dialect.ts";
import chinese from "./messages.json" with { type: "json" };
import type { DescribeTaskBody, StepBody } from "./schemas.ts";

export type Language = keyof typeof STAGE_TAG_LABEL;

/** A client that names no language gets Chinese tags and English messages, as in the sources. */
export interface Wording {
  readonly tags: Language;
  readonly messages: Language;
}

/** Messages of the simulated product; those of other task types, and reasons of failures, are as they were written. */
const CHINESE = new Map(Object.entries(chinese));

/** The answer of DescribeTask. The request id is filled in later. */
export function describeTask(task: Task, wording: Wording): DescribeTaskBody {
  const { clusterId, clusterName, nodeIds } = task.attributes;
  return {
    RequestId: "",
    ClusterId: text(clusterId) ?? task.target.id,
    ClusterName: text(clusterName) ?? task.target.name ?? "",
    TaskState: STATE_WORDS[task.state],
    TaskType: task.type,
    Message: worded(task.message, wording),
    Steps: task.steps.flatMap((step) => stepOf(task, step, wording)),
    CreateTime: utcMillis(task.createdAt),
    UpdateTime: utcMillis(task.updatedAt),
    NodeIds: texts(nodeIds),
  };
}

/** A step that has not begun is left out, because the product has no word for it. */
function stepOf(task: Task, step: Step, wording: Wording): StepBody[] {
  if (step.startedAt === undefined) return [];
  const tag = step.labels?.[STAGE_TAG_LABEL[wording.tags]] ?? step.labels?.[STAGE_TAG_LABEL.zh];
  return [
    {
      StepName: step.name,
      StepState: STEP_WORDS[step.state],
      StepType: isDispersive(task, step) ? "dispersive" : "normal",
      SubTasks: (step.subtasks ?? []).map((subtask) => subTaskOf(subtask, wording)),
      ...(typeof tag === "string" && { StageTag: tag }),
      Message: worded(step.message, wording),
      StartTime: utcMillis(step.startedAt),
      UpdateTime: utcMillis(step.updatedAt ?? step.startedAt),
    },
  ];
}

/** A dispersive step has several successors; a label can say so where the plan does not show them. */
function isDispersive(task: Task, step: Step): boolean {
  const type = step.labels?.["stepType"];
  return typeof type === "string"
    ? type === "dispersive"
    : hasSeveralSuccessors(task.steps, step.name);
}

function worded(message = "", { messages }: Wording): string {
  return messages === "zh" ? (CHINESE.get(message) ?? message) : message;
}

function subTaskOf(subtask: SubtaskSummary, wording: Wording) {
  return {
    TaskId: subtask.id,
    TaskType: subtask.type,
    CreateTime: utcMillis(subtask.createdAt),
    UpdateTime: utcMillis(subtask.updatedAt),
    Message: worded(subtask.message, wording),
    TaskState: STATE_WORDS[subtask.state],
  };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
