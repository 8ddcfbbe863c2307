import type { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Call } from "../../message/call.ts";
import { FAULTS } from "../../message/fault.ts";
import { type ErrorTable, fact, kindOf, type VendorError } from "../vendor/vendor-errors.ts";
import { downstreamError, OPERATION_FAILED } from "./downstream.ts";

/** What the product calls things that are not there, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  region: "InvalidRegion.NotFound",
  provider: "InvalidDomain.NotFound",
  product: "InvalidProduct.NotFound",
  resourcetype: "InvalidResourceType.NotFound",
};

const notSteerable = {
  status: 400,
  code: "InvalidOperation.InvalidTaskStatus",
  message: "The task cannot be canceled.",
  by: "product",
} as const;

const unknownAction = { ...FAULTS.unknownAction, by: "gateway" } as const;

const internal = {
  status: 500,
  code: "InternalError",
  message: "The request processing has failed because of an unknown error, exception or failure.",
  by: "product",
} as const;

export const ERRORS: ErrorTable = {
  TaskNotFound: {
    status: 400,
    code: "InvalidTask.NotFound",
    message: "The specified task does not exist.",
    by: "product",
  },
  TaskEnded: notSteerable,
  TaskNotCancelable: notSteerable,
  TaskNotPausable: notSteerable,
  TaskNotResumable: notSteerable,
  ResourceNotFound: {
    status: 400,
    code: (error) => NOT_FOUND[kindOf(error)] ?? "InvalidResource.NotFound",
    message: "The specified resource does not exist.",
    by: "product",
  },
  ResourceTypeNotFound: {
    status: 400,
    code: "InvalidResourceType.NotFound",
    message: own,
    by: "product",
  },
  ResourceBusy: {
    status: 400,
    code: "InvalidOperation.TaskNotCompleted",
    message: "There are unfinished asynchronous operations on this resource.",
    by: "product",
  },
  ResourceExists: {
    status: 400,
    code: (error) =>
      fact(error, "errorCode") === "" ? "InvalidResource.AlreadyExists" : OPERATION_FAILED,
    message: (error, call) => {
      const errorCode = fact(error, "errorCode");
      return errorCode === ""
        ? error.message
        : downstreamError(call.requestId, errorCode, error.message);
    },
    by: "product",
  },
  MissingParameter: { status: 400, code: "MissingParameter", message: missing, by: "product" },
  InvalidParameter: {
    status: 400,
    code: (error) =>
      fact(error, "parameter") === "requestPath" ? "InvalidRequestPath" : "InvalidParameter",
    message: own,
    by: "product",
  },
  TokenMismatch: {
    status: 400,
    code: "IdempotentParameterMismatch",
    message: "The request uses the same client token as a previous, but non-identical request.",
    by: "product",
  },
  AccountMismatch: {
    status: 400,
    code: "InvalidRamUser.NoPermission",
    message: "Ram user is not authorized to perform the operation.",
    by: "product",
  },
  OperationUnsupported: unknownAction,
  TaskTypeNotFound: unknownAction,
  StepNotRunning: notSteerable,
  UnexpectedState: internal,
  StoreUnavailable: { ...FAULTS.unavailable, by: "gateway" },
};

/** `{"requestId","Code","Message"}`, as seen in the wild. */
export function productError(error: VendorError, call: Call): JsonObject {
  return { requestId: call.requestId, Code: error.code, Message: error.message };
}

function missing(error: DomainError): string {
  return `The input parameter "${fact(error, "parameter")}" that is mandatory for processing this request is not supplied.`;
}

function own(error: DomainError): string {
  return error.message;
}
