import type { TaskState } from "../../src/core/task.ts";
import type { Request } from "./door.ts";
import type { Asked, DialectName, Seen } from "./history.ts";

/** A call, and how to find the tasks in its answer. */
export interface Prepared {
  readonly asked: Asked;
  readonly request: Request;
  readonly seenIn: (body: Body) => readonly Seen[];
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
export type Body = any;

/** The account that the products' demonstration world belongs to, and another one that has tasks of its own. */
export const ACCOUNTS = ["1000000000000001", "2000000000000002"] as const;
export const [WORLD_ACCOUNT] = ACCOUNTS;

const VERSIONS = {
  ack: "2015-12-15",
  lingjun: "2022-12-15",
  bdrc: "2023-08-08",
  cloudcontrol: "2022-08-30",
} as const;
export type ProductName = keyof typeof VERSIONS;

const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** A native call on `path`, which begins with /v1. */
export function native(
  account: string,
  operation: string,
  { method, path, body, key, ...more }: NativeCall,
): Prepared {
  return {
    asked: { operation, dialect: "native", account, ...(key !== undefined && { key }), ...more },
    request: {
      ...{ method, url: path, account },
      ...(body && { body }),
      ...(key !== undefined && { headers: { "idempotency-key": key } }),
    },
    seenIn: (answer) => tasksIn(answer),
  };
}

interface NativeCall {
  readonly method: Request["method"];
  readonly path: string;
  readonly body?: object;
  readonly taskId?: string;
  readonly token?: string;
  /** Sent as Idempotency-Key. */
  readonly key?: string;
  readonly repeats?: true;
}

/** Describing, listing, waiting, submitting and controlling show whole tasks. */
function tasksIn(body: Body): readonly Seen[] {
  const tasks: Body[] = body.tasks ?? (body.task ? [body.task] : [body]);
  return tasks.flatMap(({ id, taskId, version, state, progress }) => {
    const known = id ?? taskId;
    return known === undefined ? [] : [{ id: known, version, state, progress }];
  });
}

/** Describes a product's task the way the product's own clients do. */
export function describe(product: ProductName, id: string): Prepared {
  const path = { ack: `/tasks/${id}`, lingjun: "/", bdrc: `/api/v1/tasks/${id}` };
  const seenIn = (body: Body) => {
    const word = body.state ?? body.TaskState ?? body.Data?.TaskStatus ?? body.task?.status;
    return [{ id, word: String(word) }];
  };
  const action = product === "lingjun" ? "DescribeTask" : undefined;
  const url = path[product as keyof typeof path] ?? path.bdrc;
  const given = product === "lingjun" ? { method: "POST" as const, body: `TaskId=${id}` } : {};
  return call(product, "describe", { method: "GET", url, ...given }, seenIn, {
    taskId: id,
    action,
  });
}

/** Starts an operation of the product in the demonstration world, where operations conflict. */
export function start(product: ProductName, choice: number, token: string): Prepared {
  const { [product]: operations } = OPERATIONS;
  const operation = operations[choice % operations.length];
  if (operation === undefined) throw new RangeError(`${product} has no operations`);
  const { method, url, body, action, takesToken } = operation;
  const given = {
    method,
    url: takesToken ? `${url}&clientToken=${token}` : url,
    ...(body !== undefined && { body }),
  };
  const seenIn = (answer: Body) => {
    const id = answer.task_id ?? answer.taskId ?? answer.TaskId ?? answer.Data?.TaskId;
    return id === undefined ? [] : [{ id: String(id) }];
  };
  return call(product, "start", given, seenIn, { action, ...(takesToken && { token }) });
}

/** Cancels, pauses or resumes a task with the operation of its product. */
export function controlProduct(
  product: ProductName,
  verb: string,
  id: string,
): Prepared | undefined {
  if (product === "ack") {
    const given = { method: "POST" as const, url: `/tasks/${id}/${verb}` };
    return call(product, verb, given, () => [], { taskId: id });
  }
  if (product !== "cloudcontrol" || verb !== "cancel") return undefined;
  const given = { method: "PUT" as const, url: `/api/v1/tasks/${id}/operation/cancel` };
  return call(product, verb, given, () => [], { taskId: id });
}

function call(
  product: ProductName,
  operation: string,
  given: Omit<Request, "account">,
  seenIn: Prepared["seenIn"],
  { action, ...more }: { action?: string | undefined; taskId?: string; token?: string },
): Prepared {
  const headers = {
    "x-acs-version": VERSIONS[product],
    ...(action !== undefined && { "x-acs-action": action }),
    ...(typeof given.body === "string" && FORM),
  };
  const account = WORLD_ACCOUNT;
  const dialect: DialectName = product;
  return {
    asked: { operation, dialect, account, ...more },
    request: { ...given, account, headers },
    seenIn,
  };
}

interface ProductOperation {
  readonly method: "POST";
  readonly url: string;
  readonly body?: object | string;
  readonly action?: string;
  readonly takesToken?: boolean;
}

const CLUSTER = "c0000000000000000000000000000da01";
const POOL = "np0000000000000000000000000000da01";
const encoded = (fields: Readonly<Record<string, string>>) =>
  new URLSearchParams(fields).toString();

const OPERATIONS: Readonly<Record<ProductName, readonly ProductOperation[]>> = {
  ack: [
    { method: "POST", url: `/clusters/${CLUSTER}/nodepools/${POOL}`, body: { count: 1 } },
    { method: "POST", url: `/clusters/${CLUSTER}/nodepools/${POOL}/upgrade`, body: {} },
    { method: "POST", url: `/clusters/${CLUSTER}/nodepools/${POOL}/repair`, body: {} },
    {
      method: "POST",
      url: `/clusters/${CLUSTER}/components/install`,
      body: [{ name: "terway", version: "v1.2.3" }],
    },
  ],
  lingjun: [1, 2, 5].map((node) => ({
    method: "POST",
    url: "/",
    action: "RebootNodes",
    body: encoded({ ClusterId: "i100000000000000000001", Nodes: `["e01-cn-demo-000${node}"]` }),
  })),
  bdrc: ["ACS::ECS::Instance", "ACS::OSS::Bucket"].map((ResourceType) => ({
    method: "POST",
    url: "/api/v1/resources/update",
    body: encoded({ ResourceType }),
  })),
  cloudcontrol: ["one", "two"].map((BucketName) => ({
    method: "POST",
    url: "/api/v1/providers/aliyun/products/OSS/resources/Bucket?regionId=cn-beijing",
    body: { BucketName: `bucket-${BucketName}` },
    takesToken: true,
  })),
};

/** The words of each product for the end of a task. */
export const LAST_WORDS: Readonly<Record<ProductName, Partial<Record<TaskState, string>>>> = {
  ack: { succeeded: "success", failed: "failed", canceled: "canceled", expired: "failed" },
  lingjun: {
    succeeded: "execution_success",
    failed: "execution_fail",
    canceled: "execution_cancelled",
    expired: "execution_fail",
  },
  bdrc: { succeeded: "COMPLETE", failed: "FAILED", canceled: "CANCELED", expired: "EXPIRED" },
  cloudcontrol: {
    succeeded: "Succeeded",
    failed: "Failed",
    canceled: "Cancelled",
    expired: "Failed",
  },
};
