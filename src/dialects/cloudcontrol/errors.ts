import type { JsonObject } from "../../core/json.ts";
import type { Call } from "../../message/call.ts";
import { COMMON_ERRORS, notFoundCode, ownError } from "../vendor/common-errors.ts";
import { type ErrorTable, fact, type VendorError } from "../vendor/vendor-errors.ts";
import { downstreamError, OPERATION_FAILED } from "./downstream.ts";

/** The error codes of the product for resources that do not exist, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  region: "InvalidRegion.NotFound",
  provider: "InvalidDomain.NotFound",
  product: "InvalidProduct.NotFound",
  resourcetype: "InvalidResourceType.NotFound",
};

export const ERRORS: Partial<ErrorTable> = {
  TaskNotFound: { ...COMMON_ERRORS.TaskNotFound, status: 400 },
  ResourceNotFound: {
    status: 400,
    code: notFoundCode(NOT_FOUND, "InvalidResource.NotFound"),
    message: "The specified resource does not exist.",
    by: "product",
  },
  ResourceBusy: {
    status: 400,
    code: "InvalidOperation.TaskNotCompleted",
    message: "There are unfinished asynchronous operations on this resource.",
    by: "product",
  },
  // The downstream product has its own error for this. The answer carries it as text.
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
  InvalidParameter: ownError(400, (error) =>
    fact(error, "parameter") === "requestPath" ? "InvalidRequestPath" : "InvalidParameter",
  ),
  AccountMismatch: {
    status: 400,
    code: "InvalidRamUser.NoPermission",
    message: "Ram user is not authorized to perform the operation.",
    by: "product",
  },
  UnexpectedState: {
    status: 500,
    code: "InternalError",
    message: "The request processing has failed because of an unknown error, exception or failure.",
    by: "product",
  },
};

/** `{"requestId","Code","Message"}`, as seen in the wild. */
export function productError(error: VendorError, call: Call): JsonObject {
  return { requestId: call.requestId, Code: error.code, Message: error.message };
}
