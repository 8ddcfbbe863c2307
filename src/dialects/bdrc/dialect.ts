import { TASK_STATES, type TaskState } from "../../core/task.ts";

/** The constants of Backup and Disaster Recovery Center. `routes.ts` makes the dialect of them. */
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
  // Its pages name "All resources" as the resource of policies.
  policy: {
    prefix: "bdrc",
    resource: undefined,
    idParameters: [],
    taskParameters: ["TaskId", "taskId"],
    acts: "target",
    refusal: "NoPermission",
    starts: {
      UPDATE_RESOURCES: ["UpdateResources"],
      CHECK_RULES: ["CheckRules"],
      PRECHECK_RESOURCE_COUNT: ["PrecheckResourceCount"],
      UPDATE_CROSS_ACCOUNTS: ["UpdateCrossAccounts"],
    },
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

/** The task types that DescribeTasks accepts as a filter. `TEST` comes from the SDK. */
export const TASK_TYPES = ["UPDATE_RESOURCES", "CHECK_RULES", "TEST"] as const;

/** The states for a client's `TaskStatus` filter. */
export function statesOf(word: string): readonly TaskState[] {
  return TASK_STATES.filter((state) => STATE_WORDS[state] === word);
}

export const LIMITS = {
  /** The limits of a page size, from the newest SDK: absent or below 10 means 10, above 500 means 500. It is never an error. */
  maxResults: { min: 10, max: 500 },
  /** Priorities from here on are `HIGH`. */
  highPriority: 5,
} as const;
