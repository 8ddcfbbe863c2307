import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { type Answer, bodyText, JSON_TYPE, XML_TYPE } from "../../message/answer.ts";
import { acceptsXml, type Call, rpcFormat } from "../../message/call.ts";
import type { Fault } from "../../message/fault.ts";
import {
  type ErrorTable,
  errorAnswer,
  gatewayBody,
  lookUpError,
  type VendorError,
} from "./vendor-errors.ts";
import { toXml } from "./xml.ts";

/** What differs between the vendor's products in how an answer is written. */
export interface Vendor {
  /** The product's code as the vendor's own links spell it. */
  readonly productCode: string;
  readonly style: "roa" | "rpc";
  readonly errors: ErrorTable;
  /** The body of an error that the product itself reports. */
  readonly productError: (error: VendorError, call: Call) => JsonObject;
}

/** @throws FaultError for a `Format` that nobody offers. */
export function wantsXml(vendor: Vendor, call: Call): boolean {
  return vendor.style === "rpc" ? rpcFormat(call) === "xml" : acceptsXml(call);
}

export function vendorAnswer(
  vendor: Vendor,
  call: Call,
  status: number,
  body: JsonObject,
  headers?: Readonly<Record<string, string>>,
): Answer {
  const xml = wantsXml(vendor, call);
  return {
    status,
    type: xml ? XML_TYPE : JSON_TYPE,
    body: xml ? toXml(`${call.action}Response`, body) : JSON.stringify(body),
    ...(headers && { headers }),
  };
}

/** A JSON answer, in XML. */
export function asXml(call: Call, answer: Answer): Answer {
  const body = toXml(`${call.action}Response`, JSON.parse(bodyText(answer)) as JsonObject);
  return { status: answer.status, type: XML_TYPE, body };
}

export function vendorRefusal(vendor: Vendor, problem: DomainError | Fault, call: Call): Answer {
  const error: VendorError =
    problem instanceof DomainError
      ? lookUpError(vendor.errors, problem, call)
      : { ...problem, by: "gateway" };
  const body =
    error.by === "gateway"
      ? gatewayBody(error, call, vendor.productCode)
      : vendor.productError(error, call);
  return errorAnswer(error, body, call, xmlIfReadable(vendor, call));
}

/** A refusal may be about the very parameters that say which format to use. */
function xmlIfReadable(vendor: Vendor, call: Call): boolean {
  try {
    return wantsXml(vendor, call);
  } catch {
    return false;
  }
}
