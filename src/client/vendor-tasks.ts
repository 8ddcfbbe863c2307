/** How a task ended, or why the waiting did. */
export type Verdict =
  | "succeeded"
  | "failed"
  | "canceled"
  | "expired"
  /** It stands still until somebody resumes it; a verdict only if asked for (`stopAtPause`). */
  | "paused"
  /** The wait ran out. The task goes on. */
  | "unfinished";

export type VendorProduct = "ack" | "lingjun" | "bdrc" | "cloudcontrol";

type Fields = Readonly<Record<string, unknown>>;

/** How one product's tasks are asked for, and what its answers mean. */
export interface VendorTasks {
  readonly version: string;
  readonly style: "ROA" | "RPC";
  readonly method: string;
  readonly action: string;
  readonly pathOf: (taskId: string) => string;
  /** Parameters in the body. */
  readonly formOf?: (taskId: string) => Fields;
  /** The task in an answer's body. */
  readonly taskIn: (body: Fields) => Fields;
  readonly word: string;
  /** Words that are an end, in every spelling that a source or a client of the product knows. */
  readonly ends: Readonly<Record<string, Verdict>>;
  readonly errorIn: (task: Fields) => { readonly code?: unknown; readonly message?: unknown };
  /** Begins the product's task ids, which nothing else's begin with. */
  readonly idPattern: RegExp;
}

const pathUnder = (prefix: string) => (taskId: string) => `${prefix}${encodeURIComponent(taskId)}`;

export const VENDOR_TASKS: Readonly<Record<VendorProduct, VendorTasks>> = {
  ack: {
    version: "2015-12-15",
    style: "ROA",
    method: "GET",
    action: "DescribeTaskInfo",
    pathOf: pathUnder("/tasks/"),
    taskIn: (body) => body,
    word: "state",
    ends: {
      success: "succeeded",
      fail: "failed",
      failed: "failed",
      canceled: "canceled",
      timeout: "expired",
      paused: "paused",
    },
    errorIn: (task) => fields(task["error"]),
    idPattern: /^T-/,
  },
  lingjun: {
    version: "2022-12-15",
    style: "RPC",
    method: "POST",
    action: "DescribeTask",
    pathOf: () => "/",
    formOf: (TaskId) => ({ TaskId }),
    taskIn: (body) => body,
    word: "TaskState",
    ends: {
      execution_success: "succeeded",
      execution_fail: "failed",
      execution_failed: "failed",
      execution_cancelled: "canceled",
    },
    errorIn: ({ Message: message }) => ({ message }),
    idPattern: /^i\d/,
  },
  bdrc: {
    version: "2023-08-08",
    style: "ROA",
    method: "GET",
    action: "DescribeTask",
    pathOf: pathUnder("/api/v1/tasks/"),
    taskIn: (body) => fields(body["Data"]),
    word: "TaskStatus",
    ends: { COMPLETE: "succeeded", FAILED: "failed", EXPIRED: "expired", CANCELED: "canceled" },
    errorIn: ({ ErrorMessage: message }) => ({ message }),
    idPattern: /^t-/,
  },
  cloudcontrol: {
    version: "2022-08-30",
    style: "ROA",
    method: "GET",
    action: "GetTask",
    pathOf: pathUnder("/api/v1/tasks/"),
    taskIn: (body) => fields(body["task"]),
    word: "status",
    ends: { Succeeded: "succeeded", Failed: "failed", Cancelled: "canceled" },
    errorIn: (task) => fields(task["error"]),
    idPattern: /^task-/,
  },
};

/** What it holds, if it is an object at all. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** Operations that only one product's generated client has. */
const TELLING_METHODS: Readonly<Record<string, VendorProduct>> = {
  describeTaskInfo: "ack",
  describeClusterTasks: "ack",
  getTask: "cloudcontrol",
  checkRules: "bdrc",
  rebootNodes: "lingjun",
};

/** @throws TypeError if neither the client nor the task's id tells. */
export function productOf(client: object, taskId: string): VendorProduct {
  for (const [method, product] of Object.entries(TELLING_METHODS)) {
    if (method in client) return product;
  }
  for (const [product, { idPattern }] of Object.entries(VENDOR_TASKS)) {
    if (idPattern.test(taskId)) return product as VendorProduct;
  }
  const known = Object.keys(VENDOR_TASKS).join(", ");
  throw new TypeError(
    `no product's task ids look like ${taskId}; say which it is: product, ${known}`,
  );
}
