import { COMMON_ERRORS, controlErrors, notFoundCode, ownError } from "../vendor/common-errors.ts";
import { codeWithParameter, type ErrorTable } from "../vendor/vendor-errors.ts";

/** The error codes of the product for resources that do not exist, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  node: "InvalidNodeId.NotFound",
};

const notFound = {
  status: 400,
  code: notFoundCode(NOT_FOUND, "ResourceNotFound"),
  message: "The specified resource is not found",
  by: "product",
} as const;

export const ERRORS: Partial<ErrorTable> = {
  TaskNotFound: notFound,
  ResourceNotFound: { ...notFound, message: (error) => `${notFound.message}: ${error.message}` },
  ResourceTypeNotFound: notFound,
  // The product has no operation that controls a task today. The rule is for the day it has one.
  ...controlErrors(ownError(400, "NotApplicable")),
  ResourceBusy: ownError(400, "NotApplicable"),
  ResourceExists: ownError(400, "ResourceAlreadyExists"),
  MissingParameter: {
    ...COMMON_ERRORS.MissingParameter,
    code: (error) => codeWithParameter("MissingParameter", error),
  },
  AccountMismatch: {
    status: 403,
    code: "NoPermission",
    message: "The operator is not permission for this operate",
    by: "product",
  },
  UnexpectedState: {
    status: 500,
    code: "SystemError",
    message: "A system error occurred while processing your request",
    by: "product",
  },
};
