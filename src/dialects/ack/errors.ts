import type { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Call } from "../../message/call.ts";
import { FAULTS } from "../../message/fault.ts";
import { type ErrorTable, fact, kindOf, type VendorError } from "../vendor/vendor-errors.ts";

/** What CS calls things that are not there, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  cluster: "ErrorClusterNotFound",
  nodepool: "ErrorNodePoolNotFound",
  node: "ErrorNodeNotFound",
  addon: "AddonNotFound",
};

const NOT_STEERABLE: Readonly<Record<string, string>> = {
  CancelTask: "canceled",
  PauseTask: "paused",
  ResumeTask: "resumed",
};

/** The words of alibaba-cloud-sdk-go #476 for a task; in CS the code of such an error is its status, as text. */
const notSteerable = {
  status: 400,
  code: "400",
  message: (error: DomainError, call: Call) =>
    `the task ${taskId(error, call)} can not be ${NOT_STEERABLE[call.action] ?? "changed"}`,
  by: "product",
} as const;

const unknownAction = { ...FAULTS.unknownAction, by: "gateway" } as const;
const internal = { ...FAULTS.internal, by: "gateway" } as const;

export const ERRORS: ErrorTable = {
  TaskNotFound: {
    status: 400,
    code: "400",
    message: (error, call) => `the task ${taskId(error, call)} not found`,
    by: "product",
  },
  TaskEnded: notSteerable,
  TaskNotCancelable: notSteerable,
  TaskNotPausable: notSteerable,
  TaskNotResumable: notSteerable,
  ResourceNotFound: {
    status: 404,
    code: (error) => NOT_FOUND[kindOf(error)] ?? "ErrorResourceNotFound",
    message: (error) => error.message,
    by: "product",
  },
  ResourceTypeNotFound: { status: 404, code: "AddonNotFound", message: own, by: "product" },
  ResourceBusy: {
    status: 400,
    code: "ErrorClusterState",
    message: (error) =>
      `cannot operate cluster where state is ${fact(error, "state") || "updating"}`,
    by: "product",
  },
  ResourceExists: {
    status: 400,
    code: (error) =>
      kindOf(error) === "node" ? "ErrorInstanceInUse" : "ErrorClusterNameAlreadyExist",
    message: own,
    by: "product",
  },
  MissingParameter: { status: 400, code: "MissingParameter", message: own, by: "product" },
  InvalidParameter: { status: 400, code: "InvalidParameter", message: own, by: "product" },
  TokenMismatch: {
    status: 400,
    code: "IdempotentParameterMismatch",
    message: "The request uses the same client token as a previous, but non-identical request.",
    by: "product",
  },
  AccountMismatch: {
    status: 403,
    code: "Forbidden",
    message: "User not authorized to operate on the specified resource.",
    by: "gateway",
  },
  OperationUnsupported: unknownAction,
  TaskTypeNotFound: unknownAction,
  StepNotRunning: notSteerable,
  UnexpectedState: internal,
  StoreUnavailable: { ...FAULTS.unavailable, by: "gateway" },
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

function own(error: DomainError): string {
  return error.message;
}
