import type { DomainError } from "../../core/errors.ts";
import { FAULTS } from "../../message/fault.ts";
import {
  codeWithParameter,
  type ErrorRule,
  type ErrorTable,
  fact,
  kindOf,
} from "./vendor-errors.ts";

/** The message of the error itself. */
function ownMessage(error: DomainError): string {
  return error.message;
}

/** The vendor's sentence for a missing mandatory parameter. */
function missingMessage(error: DomainError): string {
  return `The input parameter "${fact(error, "parameter")}" that is mandatory for processing this request is not supplied.`;
}

/** An error of the product itself, with the error's own message. */
export function ownError(status: number, code: ErrorRule["code"]): ErrorRule {
  return { status, code, message: ownMessage, by: "product" };
}

/** The code for a resource that does not exist, by its kind, e.g. `{ node: "InvalidNodeId.NotFound" }`; else `usual`. */
export function notFoundCode(kinds: Readonly<Record<string, string>>, usual: string) {
  return (error: DomainError): string => kinds[kindOf(error)] ?? usual;
}

/** One rule for all reasons why a task cannot be controlled, because products have one code for them. */
export function controlErrors(rule: ErrorRule) {
  return {
    TaskEnded: rule,
    TaskNotCancelable: rule,
    TaskNotPausable: rule,
    TaskNotResumable: rule,
    StepNotRunning: rule,
    QuestionNotOpen: rule,
  } as const satisfies Partial<ErrorTable>;
}

const unknownAction = { ...FAULTS.unknownAction, by: "gateway" } as const;

/** The errors of a product whose documentation does not say otherwise. A dialect's `errors.ts` lists what differs. */
export const COMMON_ERRORS: ErrorTable = {
  TaskNotFound: {
    status: 404,
    code: "InvalidTask.NotFound",
    message: "The specified task does not exist.",
    by: "product",
  },
  ResourceNotFound: ownError(404, "InvalidResource.NotFound"),
  ResourceTypeNotFound: ownError(400, "InvalidResourceType.NotFound"),
  ...controlErrors({
    status: 400,
    code: "InvalidOperation.InvalidTaskStatus",
    message: "The task cannot be canceled.",
    by: "product",
  }),
  ResourceBusy: ownError(409, "OperationConflict"),
  ResourceExists: ownError(409, "ResourceAlreadyExists"),
  MissingParameter: {
    status: 400,
    code: "MissingParameter",
    message: missingMessage,
    by: "product",
  },
  InvalidParameter: ownError(400, (error) => codeWithParameter("InvalidParameter", error)),
  CursorOutdated: ownError(410, "CursorOutdated"),
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
  UnexpectedState: { ...FAULTS.internal, by: "gateway" },
  StoreUnavailable: { ...FAULTS.unavailable, by: "gateway" },
};
