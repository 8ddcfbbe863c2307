import type { DomainError, DomainErrorCode } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { type Answer, JSON_TYPE, XML_TYPE } from "../../message/answer.ts";
import type { Call } from "../../message/call.ts";
import type { Fault } from "../../message/fault.ts";
import { toXml } from "./xml.ts";

/** One row of a product's error table. */
export interface ErrorRule {
  readonly status: number;
  readonly code: string | ((error: DomainError, call: Call) => string);
  readonly message: string | ((error: DomainError, call: Call) => string);
  /** Which shape the body has: the gateway's, which is the same for all products, or the product's own. */
  readonly by: "gateway" | "product";
}

export type ErrorTable = Readonly<Record<DomainErrorCode, ErrorRule>>;

/** An error as a client reads it, whatever the shape of its body. */
export interface VendorError extends Fault {
  readonly by: "gateway" | "product";
}

export function lookUpError(table: ErrorTable, error: DomainError, call: Call): VendorError {
  const rule = table[error.code];
  return {
    status: rule.status,
    code: typeof rule.code === "string" ? rule.code : rule.code(error, call),
    message: typeof rule.message === "string" ? rule.message : rule.message(error, call),
    by: rule.by,
  };
}

/** `{"RequestId","HostId","Code","Message","Recommend"}`. All values are strings, because the Go SDK panics otherwise. */
export function gatewayBody(fault: Fault, call: Call, productCode: string): JsonObject {
  const query = new URLSearchParams({
    q: fault.code,
    product: productCode,
    requestId: call.requestId,
  });
  return {
    RequestId: call.requestId,
    HostId: call.host,
    Code: fault.code,
    Message: fault.message,
    Recommend: `https://api.aliyun.com/troubleshoot?${query}`,
    ...(fault.detail && { AccessDeniedDetail: fault.detail }),
  };
}

/** The answer for an error. In XML every product uses the gateway's form. */
export function errorAnswer(fault: Fault, body: JsonObject, call: Call, xml: boolean): Answer {
  const { retryAfterMs, status } = fault;
  const headers =
    retryAfterMs === undefined ? undefined : { "x-acs-retry-after": String(retryAfterMs) };
  const text = xml
    ? toXml("Error", {
        RequestId: call.requestId,
        HostId: call.host,
        Code: fault.code,
        Message: fault.message,
      })
    : JSON.stringify(body);
  return {
    status,
    type: xml ? XML_TYPE : JSON_TYPE,
    body: text,
    ...(headers && { headers }),
  };
}

/** A field of an error as text; "" if the error does not have it. */
export function fact(error: DomainError, name: string): string {
  const value = error.facts[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The kind of resource that an error is about: "nodepool" for `node pool`, "cluster" for `some.cluster`. */
export function kindOf(error: DomainError): string {
  const kind = fact(error, "kind").toLowerCase();
  return kind.slice(kind.lastIndexOf(".") + 1).replace(/[^a-z]/g, "");
}

/** The parameter that an error is about, without the path inside it: `NodeGroups` for `NodeGroups[0].NodeId`. */
export function parameterName(error: DomainError): string {
  return /^[A-Za-z0-9_-]+/.exec(fact(error, "parameter"))?.[0] ?? "";
}

/** `InvalidParameter.Nodes`; the bare code when the error names no parameter. */
export function codeWithParameter(code: string, error: DomainError): string {
  const name = parameterName(error);
  return name === "" ? code : `${code}.${name}`;
}
