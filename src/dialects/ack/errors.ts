import type { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Call } from "../../message/call.ts";
import { controlErrors, notFoundCode, ownError } from "../vendor/common-errors.ts";
import { type ErrorTable, fact, kindOf, type VendorError } from "../vendor/vendor-errors.ts";

/** The error codes of CS for resources that do not exist, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  cluster: "ErrorClusterNotFound",
  nodepool: "ErrorNodePoolNotFound",
  node: "ErrorNodeNotFound",
  addon: "AddonNotFound",
};

const PARTICIPLES: Readonly<Record<string, string>> = {
  CancelTask: "canceled",
  PauseTask: "paused",
  ResumeTask: "resumed",
};

export const ERRORS: Partial<ErrorTable> = {
  TaskNotFound: {
    status: 400,
    code: "400",
    message: (error, call) => `the task ${taskId(error, call)} not found`,
    by: "product",
  },
  // The words of alibaba-cloud-sdk-go #476 for a task; in CS the code of such an error is its status, as text.
  ...controlErrors({
    status: 400,
    code: "400",
    message: (error, call) =>
      `the task ${taskId(error, call)} can not be ${PARTICIPLES[call.action] ?? "changed"}`,
    by: "product",
  }),
  ResourceNotFound: ownError(404, notFoundCode(NOT_FOUND, "ErrorResourceNotFound")),
  ResourceTypeNotFound: ownError(404, "AddonNotFound"),
  ResourceBusy: {
    status: 400,
    code: "ErrorClusterState",
    message: (error) =>
      `cannot operate cluster where state is ${fact(error, "state") || "updating"}`,
    by: "product",
  },
  ResourceExists: ownError(400, (error) =>
    kindOf(error) === "node" ? "ErrorInstanceInUse" : "ErrorClusterNameAlreadyExist",
  ),
  MissingParameter: ownError(400, "MissingParameter"),
  InvalidParameter: ownError(400, "InvalidParameter"),
};

/** `{"code":"400","message":"the task T-xxx not found","requestId":"…","status":400}` */
export function productError(error: VendorError, call: Call): JsonObject {
  return {
    code: error.code,
    message: error.message,
    requestId: call.requestId,
    status: error.status,
  };
}

function taskId(error: DomainError, call: Call): string {
  return fact(error, "taskId") || (call.path["task_id"] ?? "");
}
