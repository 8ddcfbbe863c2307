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
  type VendorError,
} from "../vendor/vendor-errors.ts";
import { LINGJUN } from "./dialect.ts";

/** What the product calls things that are not there, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  node: "InvalidNodeId.NotFound",
};

const notFound = {
  status: 400,
  code: (error: DomainError) => NOT_FOUND[kindOf(error)] ?? "ResourceNotFound",
  message: "The specified resource is not found",
  by: "product",
} as const;

/** The product has no call that steers a task; kept for the day it has one. */
const notSteerable = { status: 400, code: "NotApplicable", message: own, by: "product" } as const;

const unknownAction = { ...FAULTS.unknownAction, by: "gateway" } as const;

const internal = {
  status: 500,
  code: "SystemError",
  message: "A system error occurred while processing your request",
  by: "product",
} as const;

export const ERRORS: ErrorTable = {
  TaskNotFound: notFound,
  ResourceNotFound: { ...notFound, message: (error) => `${notFound.message}: ${error.message}` },
  ResourceTypeNotFound: notFound,
  TaskEnded: notSteerable,
  TaskNotCancelable: notSteerable,
  TaskNotPausable: notSteerable,
  TaskNotResumable: notSteerable,
  ResourceBusy: { status: 400, code: "NotApplicable", message: own, by: "product" },
  ResourceExists: { status: 400, code: "ResourceAlreadyExists", message: own, by: "product" },
  MissingParameter: {
    status: 400,
    code: (error) => codeWithParameter("MissingParameter", error),
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
    code: "NoPermission",
    message: "The operator is not permission for this operate",
    by: "product",
  },
  OperationUnsupported: unknownAction,
  TaskTypeNotFound: unknownAction,
  StepNotRunning: notSteerable,
  UnexpectedState: internal,
  StoreUnavailable: { ...FAULTS.unavailable, by: "gateway" },
};

/** This product's own errors have the gateway's shape. */
export function productError(error: VendorError, call: Call): JsonObject {
  return gatewayBody(error, call, LINGJUN.productCode);
}

function own(error: DomainError): string {
  return error.message;
}
