/** The family of codes for what the product behind refused. */
export const FAMILY = "OperationFailure.";
export const OPERATION_FAILED = `${FAMILY}OperationFailed`;

/** The error of the product behind, as JSON text, indented as in the seed. */
export function downstreamError(requestId: string, errorCode: string, errorMsg: string): string {
  return JSON.stringify({ requestId, errorCode, errorMsg }, null, 5);
}
