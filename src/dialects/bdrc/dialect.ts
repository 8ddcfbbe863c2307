import { TASK_STATES, type TaskState } from "../../core/task.ts";

/** Backup and Disaster Recovery Center: what is fixed about it. `routes.ts` puts the dialect together. */
export const BDRC = {
  name: "bdrc",
  style: "roa",
  version: "2023-08-08",
  productCode: "BDRC",
  hostLabels: ["bdrc", "bdrc-vpc"],
  pathPrefixes: [
    "/api/v1/tasks",
    "/api/v1/resources",
    "/api/v1/rules",
    "/api/v1/check-details",
    "/api/v1/cross-accounts",
  ],
  taskIdPrefix: "t-",
  // Its pages give "All resources" as what a policy can be about.
  policy: {
    prefix: "bdrc",
    resource: undefined,
    idParameters: [],
    taskParameters: ["TaskId", "taskId"],
    acts: "target",
    refusal: "NoPermission",
  },
  tasks: {
    taskField: "Data",
    stateField: "TaskStatus",
    ends: { COMPLETE: "succeeded", FAILED: "failed", EXPIRED: "expired", CANCELED: "canceled" },
    errorFields: { message: "ErrorMessage" },
    taskIdPattern: "^t-",
    clientMethods: ["checkRules"],
  },
} as const;

export const STATE_WORDS = {
  pending: "CREATED",
  running: "RUNNING",
  paused: "RUNNING",
  canceling: "RUNNING",
  succeeded: "COMPLETE",
  failed: "FAILED",
  canceled: "CANCELED",
  expired: "EXPIRED",
} as const satisfies Record<TaskState, string>;

/** What DescribeTasks can be filtered by; `TEST` is the SDK's. */
export const TASK_TYPES = ["UPDATE_RESOURCES", "CHECK_RULES", "TEST"] as const;

/** Our states behind a client's `TaskStatus` filter. */
export function statesOf(word: string): readonly TaskState[] {
  return TASK_STATES.filter((state) => STATE_WORDS[state] === word);
}

export const LIMITS = {
  /** The newest SDK's words: absent or below 10 is 10, above 500 is 500. Never an error. */
  maxResults: { min: 10, max: 500 },
  /** Priorities from here on are `HIGH`. */
  highPriority: 5,
} as const;
