import type { JsonObject } from "../core/json.ts";

/**
 * A refusal by the gateway in front of every product, before the product sees the request: signature, key, throttling,
 * unknown operation, a request that cannot be read. Codes and texts are the published ones (AUTH.md §4) where there are
 * any.
 */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** When to try again, in ms: the header `x-acs-retry-after`. */
  readonly retryAfterMs?: number;
  /** The methods that the path has: the header `Allow`. */
  readonly allow?: string;
  /** The field `AccessDeniedDetail` of a refusal by policy. */
  readonly detail?: JsonObject;
}

/** A fault that is recorded with its reason, in our words; it holds nothing that the caller sent. */
export interface ReasonedFault extends Fault {
  readonly reason: string;
}

/** Carries a fault through code that returns something else. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

const CHECK_URL = "Specified api is not found, please check your url and method.";

export const FAULTS = {
  unknownProduct: {
    status: 404,
    code: "InvalidProduct.NotFound",
    message: "Cannot find product according to your specified domain.",
  },
  unknownVersion: {
    status: 400,
    code: "InvalidVersion",
    message: "Specified parameter Version is not valid.",
  },
  missingAction: {
    status: 400,
    code: "MissingAction",
    message: "Action is mandatory for this action.",
  },
  conflictingAction: {
    status: 400,
    code: "InvalidParameter.Action",
    message: "The header x-acs-action and the parameter Action name different operations.",
  },
  unknownAction: { status: 404, code: "InvalidAction.NotFound", message: CHECK_URL },
  unknownApi: { status: 404, code: "InvalidApi.NotFound", message: CHECK_URL },
  unsupportedMethod: {
    status: 405,
    code: "UnsupportedHTTPMethod",
    message: "This http method is not supported.",
  },
  unsupportedFormat: {
    status: 400,
    code: "InvalidParameter.Format",
    message: "Specified parameter Format is not valid; give JSON or XML.",
  },
  unsupportedContentType: {
    status: 400,
    code: "InvalidParameter.ContentType",
    message:
      "Specified Content-Type is not supported; give application/json or application/x-www-form-urlencoded.",
  },
  malformedPath: {
    status: 400,
    code: "InvalidParameter.Path",
    message: "The request path is not percent-encoded UTF-8.",
  },
  malformedRequest: {
    status: 400,
    code: "InvalidRequest",
    message: "The request is not well-formed HTTP/1.1.",
  },
  headersTooLarge: {
    status: 431,
    code: "RequestHeaderFieldsTooLarge",
    message: "The request line and headers are too large.",
  },
  bodyTooLarge: {
    status: 413,
    code: "RequestEntityTooLarge",
    message: "The request body is too large; give at most 1 MB.",
  },
  timeout: {
    status: 408,
    code: "RequestTimeout",
    message: "The request did not arrive in time.",
  },
  internal: {
    status: 500,
    code: "InternalError",
    message: "The request processing has failed due to some unknown error.",
  },
  unavailable: {
    status: 503,
    code: "ServiceUnavailable",
    message: "The request has failed due to a temporary failure of the server.",
  },
} as const satisfies Record<string, Fault>;
