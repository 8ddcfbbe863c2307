import type { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Call } from "../../message/call.ts";
import { FAULTS } from "../../message/fault.ts";
import {
  codeWithParameter,
  type ErrorTable,
  fact,
  gatewayBody,
  kindOf,
  parameterName,
  type VendorError,
} from "../vendor/vendor-errors.ts";
import { BDRC } from "./dialect.ts";

/** What the product calls things that are not there, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  rule: "InvalidRule.NotFound",
};

const notSteerable = {
  status: 400,
  code: "InvalidOperation.InvalidTaskStatus",
  message: "The task cannot be canceled.",
  by: "product",
} as const;

const unknownAction = { ...FAULTS.unknownAction, by: "gateway" } as const;
const internal = { ...FAULTS.internal, by: "gateway" } as const;

export const ERRORS: ErrorTable = {
  TaskNotFound: {
    status: 404,
    code: "InvalidTask.NotFound",
    message: "The specified task does not exist.",
    by: "product",
  },
  ResourceNotFound: {
    status: 404,
    code: (error) => NOT_FOUND[kindOf(error)] ?? "InvalidResource.NotFound",
    message: own,
    by: "product",
  },
  ResourceTypeNotFound: {
    status: 400,
    code: "InvalidResourceType.NotFound",
    message: own,
    by: "product",
  },
  TaskEnded: notSteerable,
  TaskNotCancelable: notSteerable,
  TaskNotPausable: notSteerable,
  TaskNotResumable: notSteerable,
  ResourceBusy: { status: 409, code: "OperationConflict", message: own, by: "product" },
  ResourceExists: { status: 409, code: "ResourceAlreadyExists", message: own, by: "product" },
  MissingParameter: {
    status: 400,
    code: (error) => `Missing${parameterName(error) || "Parameter"}`,
    message: (error) =>
      `The input parameter "${fact(error, "parameter")}" that is mandatory for processing this request is not supplied.`,
    by: "product",
  },
  InvalidParameter: {
    status: 400,
    code: (error) => codeWithParameter("InvalidParameter", error),
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

/** No error body of this product is published; the gateway's shape is what its clients read. */
export function productError(error: VendorError, call: Call): JsonObject {
  return gatewayBody(error, call, BDRC.productCode);
}

function own(error: DomainError): string {
  return error.message;
}
