import { COMMON_ERRORS, notFoundCode, ownError } from "../vendor/common-errors.ts";
import { type ErrorTable, parameterName } from "../vendor/vendor-errors.ts";

/** The error codes of the product for resources that do not exist, by kind. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  rule: "InvalidRule.NotFound",
};

export const ERRORS: Partial<ErrorTable> = {
  ResourceNotFound: ownError(404, notFoundCode(NOT_FOUND, "InvalidResource.NotFound")),
  MissingParameter: {
    ...COMMON_ERRORS.MissingParameter,
    code: (error) => `Missing${parameterName(error) || "Parameter"}`,
  },
};
