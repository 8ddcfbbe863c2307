import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { type Answer, bodyText, JSON_TYPE, XML_TYPE } from "../../message/answer.ts";
import { acceptsXml, type Call, rpcFormat } from "../../message/call.ts";
import type { Fault } from "../../message/fault.ts";
import type { OperationSpec } from "../operation.ts";
import {
  type ErrorTable,
  errorAnswer,
  gatewayBody,
  lookUpError,
  type VendorError,
} from "./vendor-errors.ts";
import { toXml } from "./xml.ts";

/** The differences between the answers of the vendor's products. */
export interface Vendor {
  /** The product's code as the vendor's own links spell it. */
  readonly productCode: string;
  readonly style: "roa" | "rpc";
  readonly errors: ErrorTable;
  /** The body of an error that the product itself reports; absent: it has the gateway's shape. */
  readonly productError?: ((error: VendorError, call: Call) => JsonObject) | undefined;
}

/** The methods of an operation. An RPC client may always choose between POST and GET. */
export function methodsOf({ style }: Vendor, spec: OperationSpec): readonly string[] {
  return style === "rpc" ? ["POST", "GET"] : [spec.method, ...(spec.alsoMethods ?? [])];
}

/** The parameter with the task's id: the first required parameter of an operation about one task. */
export function taskIdIn({ style }: Vendor, spec: OperationSpec) {
  const parameter = taskIdParameter(spec);
  return (call: Call) => ({
    parameter,
    value: style === "rpc" ? call.rpcParameter(parameter) : call.path[parameter],
  });
}

/** @throws TypeError if the description of the operation requires no parameter. */
export function taskIdParameter({ action, params }: OperationSpec): string {
  const found = params.find(({ required }) => required);
  if (found === undefined) throw new TypeError(`operation ${action} requires no task id`);
  return found.name;
}

/** Whether the client asks for XML. @throws FaultError for an unknown `Format`. */
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
  const { productError } = vendor;
  const body =
    error.by === "gateway" || productError === undefined
      ? gatewayBody(error, call, vendor.productCode)
      : productError(error, call);
  return errorAnswer(error, body, call, xmlIfReadable(vendor, call));
}

/** The format of a refusal, which may be about the parameter for the format itself. */
function xmlIfReadable(vendor: Vendor, call: Call): boolean {
  try {
    return wantsXml(vendor, call);
  } catch {
    return false;
  }
}
