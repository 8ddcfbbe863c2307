import { type PreparedSecret, sameSha1Base64 } from "../credentials.ts";
import { firstPresent, MEANING_HEADERS } from "../header-rules.ts";
import {
  ambiguousName,
  byNameThenValue,
  joinEncoded,
  type Parameter,
  readParameters,
  sortParameters,
} from "../parameters.ts";
import { decodeComponent } from "../percent.ts";
import {
  type AuthRefusal,
  authRefusal,
  missingParameterRefusal,
  repeatedParameterRefusal,
  unsignedHeaderRefusal,
  v1SignatureRefusal,
} from "../refusals.ts";
import { type AuthRequest, headerText, isRepeated, pathOf, queryOf } from "../request.ts";
import { parseUtcSeconds } from "../timestamps.ts";
import { type Claim, unlessEmpty } from "./claim.ts";

/* RPC v1, with a `Signature` parameter (AUTH.md §3). The aliyun CLI, Terraform and pop-core use it for RPC products. */

export type RpcV1Claim = Claim & {
  readonly scheme: "rpc-v1";
  readonly parameters: readonly Parameter[];
};

/** In the order in which their absence is reported. */
const MANDATORY = [
  "AccessKeyId",
  "Action",
  "Version",
  "SignatureMethod",
  "SignatureVersion",
  "SignatureNonce",
  "Timestamp",
];

export const FORM = "application/x-www-form-urlencoded";
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The parameters of query and form together, or undefined if the body is not UTF-8.
 * If the query is signed, every body counts as a form, whatever its content type. The content type is not signed, so a body
 * of another type could otherwise be added to a signed request. If the query is not signed, only a declared form counts.
 */
export function rpcV1Parameters(request: AuthRequest): readonly Parameter[] | undefined {
  const parameters = readParameters(queryOf(request.target), []);
  if (request.body.length === 0) return parameters;
  const contentType = headerText(request.headers, "content-type") ?? "";
  const signed = parameters.some(({ name }) => name === "Signature");
  if (!signed && !contentType.toLowerCase().startsWith(FORM)) return parameters;
  try {
    // Lenient decoding would make the same character of every wrong byte, so that bytes could be exchanged.
    return readParameters(strictUtf8.decode(request.body), parameters);
  } catch {
    return undefined;
  }
}

/** The decoded value of the first parameter of that name, if it is not empty. */
export function rpcV1Value(parameters: readonly Parameter[], name: string): string | undefined {
  const found = parameters.find((parameter) => parameter.name === name);
  return found && unlessEmpty(decodeComponent(found.encodedValue));
}

export function readRpcV1(parameters: readonly Parameter[]): RpcV1Claim | AuthRefusal {
  const value = (name: string) => rpcV1Value(parameters, name);
  const signature = value("Signature");
  const signatures = parameters.filter(({ name }) => name === "Signature").length;
  if (signature === undefined || signatures !== 1) return authRefusal("incomplete-signature");
  const missing = MANDATORY.find((name) => value(name) === undefined);
  if (missing) return missingParameterRefusal(missing);
  if (value("SignatureMethod") !== "HMAC-SHA1" || value("SignatureType") === "BEARERTOKEN")
    return authRefusal("unsupported-signature-method");
  return {
    ok: true,
    scheme: "rpc-v1",
    accessKeyId: value("AccessKeyId") ?? "",
    signature,
    securityToken: value("SecurityToken"),
    nonce: value("SignatureNonce"),
    dateMs: parseUtcSeconds(value("Timestamp") ?? ""),
    parameters,
  };
}

/** This scheme signs no headers, so a signed request may not have these. A form may say that it is one. */
const BARRED = MEANING_HEADERS.filter((name) => name !== "content-type");

/** The content type is not signed, and must not make something else of the form that is. */
function isNoForm({ headers, body }: AuthRequest): boolean {
  if (body.length === 0) return false;
  const type = (headerText(headers, "content-type") ?? "").toLowerCase();
  return !type.startsWith(FORM) || isRepeated(headers, "content-type");
}

/** All clients send these headers and do not sign them in this scheme. Servers use them for routing nevertheless. */
const UNSIGNED_COPIES = [
  ["x-acs-action", "Action"],
  ["x-acs-version", "Version"],
] as const;

const NOT_SIGNABLE = `leave it out (content-type: give ${FORM}), or sign with ACS3-HMAC-SHA256`;

function contradictsParameters({ headers }: AuthRequest, { parameters }: RpcV1Claim): boolean {
  return UNSIGNED_COPIES.some(([header, parameter]) => {
    const sent = headerText(headers, header);
    if (sent === undefined) return isRepeated(headers, header);
    return sent !== rpcV1Value(parameters, parameter);
  });
}

/** Rows 11 and 12 of AUTH.md §4. A repeated parameter is signed as often as it was sent, so nobody can add one. */
export function checkRpcV1(
  request: AuthRequest,
  claim: RpcV1Claim,
  secret: PreparedSecret,
): AuthRefusal | undefined {
  if (contradictsParameters(request, claim)) return authRefusal("header-not-signed");
  const barred = firstPresent(request.headers, BARRED) ?? (isNoForm(request) && "content-type");
  if (barred) return unsignedHeaderRefusal(barred, NOT_SIGNABLE);
  const signed = claim.parameters.filter(({ name }) => name !== "Signature");
  sortParameters(signed, byNameThenValue);
  const repeated = ambiguousName(signed);
  if (repeated !== undefined) return repeatedParameterRefusal(repeated);
  const canonical = joinEncoded(signed);
  // The canonical text holds only unreserved characters and % = &, which encodeURIComponent encodes as RFC 3986 asks.
  const stringToSign = `${request.method}&%2F&${encodeURIComponent(canonical)}`;
  const path = pathOf(request.target);
  // The string always contains the path "/". Another path would not be signed, and could choose an operation of a ROA product.
  const signedPath = path === "/" || path === "";
  if (signedPath && sameSha1Base64(secret.signRpcV1(stringToSign), claim.signature))
    return undefined;
  return v1SignatureRefusal(stringToSign);
}
