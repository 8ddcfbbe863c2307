/** The prefix of codes for refusals of the downstream product. */
export const FAMILY = "OperationFailure.";
export const OPERATION_FAILED = `${FAMILY}OperationFailed`;

/** The error of the downstream product as JSON text, indented as in the seed. */
export function downstreamError(requestId: string, errorCode: string, errorMsg: string): string {
  return JSON.stringify({ requestId, errorCode, errorMsg }, null, 5);
}
