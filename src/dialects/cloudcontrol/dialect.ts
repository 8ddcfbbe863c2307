import type { TaskState } from "../../core/task.ts";

/** The constants of the Cloud Control API. `routes.ts` makes the dialect of them. */
export const CLOUD_CONTROL = {
  name: "cloudcontrol",
  style: "roa",
  version: "2022-08-30",
  productCode: "cloudcontrol",
  hostLabels: ["cloudcontrol", "cloudcontrol-vpc"],
  pathPrefixes: ["/api/v1/tasks", "/api/v1/providers"],
  taskIdPrefix: "task-",
  // Its pages name no resources for policies, so the resource is always `*`, as in BDRC.
  policy: {
    prefix: "cloudcontrol",
    resource: undefined,
    idParameters: [],
    taskParameters: ["TaskId", "taskId"],
    acts: "target",
    refusal: "NoPermission",
    starts: {
      create_resource: ["CreateResource"],
      update_resource: ["UpdateResource"],
      delete_resource: ["DeleteResource"],
      synchronous_change: ["CreateResource", "UpdateResource", "DeleteResource"],
    },
  },
  tasks: {
    taskField: "task",
    stateField: "status",
    ends: { Succeeded: "succeeded", Failed: "failed", Cancelled: "canceled" },
    errorFields: { code: "error.code", message: "error.message" },
    taskIdPattern: "^task-",
    clientMethods: ["getTask"],
  },
} as const;

export const STATE_WORDS = {
  pending: "Pending",
  running: "Running",
  paused: "Running",
  canceling: "Cancelling",
  succeeded: "Succeeded",
  failed: "Failed",
  canceled: "Cancelled",
  expired: "Failed",
} as const satisfies Record<TaskState, string>;

export const LIMITS = {
  /** `x-acs-cloudcontrol-timeout`: how long a caller should poll at most. */
  pollSeconds: 3_600,
} as const;
