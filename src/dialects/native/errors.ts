import { DomainError, type DomainErrorCode } from "../../core/errors.ts";
import { type Answer, JSON_TYPE } from "../../message/answer.ts";
import type { Call } from "../../message/call.ts";
import type { Fault } from "../../message/fault.ts";

/** The status for each of our own codes, which are not changed. */
const STATUS = {
  AccountMismatch: 403,
  CursorOutdated: 410,
  InvalidParameter: 400,
  MissingParameter: 400,
  OperationUnsupported: 404,
  QuestionNotOpen: 409,
  ResourceBusy: 409,
  ResourceExists: 409,
  ResourceNotFound: 404,
  ResourceTypeNotFound: 404,
  StepNotRunning: 409,
  StoreUnavailable: 503,
  TaskEnded: 409,
  TaskNotCancelable: 409,
  TaskNotFound: 404,
  TaskNotPausable: 409,
  TaskNotResumable: 409,
  TaskTypeNotFound: 404,
  TokenMismatch: 409,
  UnexpectedState: 500,
} as const satisfies Record<DomainErrorCode, number>;

/** The answer to a refused call: `{error: {code, message, retryable, requestId, facts}}`. */
export function refusalAnswer(problem: DomainError | Fault, call: Call): Answer {
  const known = problem instanceof DomainError;
  const error = {
    code: problem.code,
    message: problem.message,
    retryable: known
      ? problem.retryable
      : problem.status >= 500 || problem.retryAfterMs !== undefined,
    requestId: call.requestId,
    ...(known && Object.keys(problem.facts).length > 0 && { facts: problem.facts }),
  };
  return {
    status: known ? STATUS[problem.code] : problem.status,
    type: JSON_TYPE,
    body: JSON.stringify({ error }),
  };
}
