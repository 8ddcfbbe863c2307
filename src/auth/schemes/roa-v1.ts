import { hash } from "node:crypto";
import { type PreparedSecret, sameSha1Base64 } from "../credentials.ts";
import { firstPresent, MEANING_HEADERS } from "../header-rules.ts";
import { byName, readParameters, sortParameters } from "../parameters.ts";
import { decodeComponent } from "../percent.ts";
import {
  type AuthRefusal,
  authRefusal,
  unsignedHeaderRefusal,
  v1SignatureRefusal,
} from "../refusals.ts";
import {
  type AuthRequest,
  headerText,
  isRepeated,
  pathOf,
  queryOf,
  type RequestHeaders,
} from "../request.ts";
import { parseHttpDate } from "../timestamps.ts";
import { type Claim, unlessEmpty } from "./claim.ts";

/*
 * ROA v1, `Authorization: acs <AccessKeyId>:<Signature>` (AUTH.md §2). The aliyun CLI, Terraform and pop-core use it.
 * The scheme is weak by its design and exists only for these clients: the body is signed only through Content-MD5, Host is not
 * signed, and query values are signed decoded, so that a value "1&b=2" and two parameters have the same signature.
 */

export const ROA_V1_PREFIX = "acs ";

export type RoaV1Claim = Claim & { readonly scheme: "roa-v1" };

export function readRoaV1(
  { headers }: AuthRequest,
  authorization: string,
): RoaV1Claim | AuthRefusal {
  const colon = authorization.indexOf(":");
  const accessKeyId = roaV1AccessKeyId(authorization);
  const signature = colon < 0 ? "" : authorization.slice(colon + 1);
  if (accessKeyId === "" || signature === "") return authRefusal("incomplete-signature");
  const method = unlessEmpty(headerText(headers, "x-acs-signature-method"));
  if (method !== undefined && method !== "HMAC-SHA1")
    return authRefusal("unsupported-signature-method");
  return {
    ok: true,
    scheme: "roa-v1",
    accessKeyId,
    signature,
    securityToken: unlessEmpty(headerText(headers, "x-acs-security-token")),
    nonce: unlessEmpty(headerText(headers, "x-acs-signature-nonce")),
    dateMs: parseHttpDate(headerText(headers, "date") ?? ""),
  };
}

/** Reads also an Authorization without a signature, for the mode that checks none. */
export function roaV1AccessKeyId(authorization: string): string {
  const colon = authorization.indexOf(":");
  return authorization.slice(ROA_V1_PREFIX.length, colon < 0 ? undefined : colon);
}

const SIGNED_BY_NAME = ["accept", "content-md5", "content-type", "date"];
/** This scheme signs no other headers, so a signed request may not have these. */
const BARRED = MEANING_HEADERS.filter((name) => !SIGNED_BY_NAME.includes(name));

/** Rows 10 to 12 of AUTH.md §4. */
export function checkRoaV1(
  request: AuthRequest,
  claim: RoaV1Claim,
  secret: PreparedSecret,
): AuthRefusal | undefined {
  const { headers } = request;
  const declared = unlessEmpty(headerText(headers, "content-md5"));
  if (declared !== undefined && declared !== hash("md5", request.body, "base64"))
    return authRefusal("wrong-content-md5");
  // At the path that all RPC products share, parameters choose the operation, and a body that nothing signs can be exchanged.
  const choosesOperation = request.body.length > 0 && /^\/?$/.test(pathOf(request.target));
  if (choosesOperation && declared === undefined) return authRefusal("wrong-content-md5");
  const barred = firstPresent(headers, BARRED);
  if (barred !== undefined)
    return unsignedHeaderRefusal(barred, "leave it out, or sign with ACS3-HMAC-SHA256");
  const acsNames = Object.keys(headers).filter((name) => name.startsWith("x-acs-"));
  if ([...SIGNED_BY_NAME, ...acsNames].some((name) => isRepeated(headers, name)))
    return authRefusal("repeated-header");

  const head = signedHead(request.method, headers, acsNames.sort());
  const resources = resourceCandidates(request.target);
  for (const resource of resources)
    if (sameSha1Base64(secret.signRoaV1(head + resource), claim.signature)) return undefined;
  return v1SignatureRefusal(head + (resources[0] ?? ""));
}

/** The part of the string to sign before the resource. An absent header is an empty line. */
function signedHead(method: string, headers: RequestHeaders, acsNames: readonly string[]): string {
  let head = `${method}\n`;
  for (const name of SIGNED_BY_NAME) head += `${headerText(headers, name) ?? ""}\n`;
  for (const name of acsNames) {
    const value = headerText(headers, name);
    if (value !== undefined) head += `${name}:${value.replace(/[\t\n\r\f]/g, " ").trim()}\n`;
  }
  return head;
}

/** All forms in which known clients sign this target, each once. */
function resourceCandidates(target: string): readonly string[] {
  const path = pathOf(target);
  // Node's url.parse() sends %27 for the ' that the SDK has signed.
  const paths = [...new Set([path, path.replaceAll("%27", "'")])];
  const values = groupedValues(queryOf(target));
  if (values.length === 0) return paths;
  const withEquals = values.map(([name, value]) => `${name}=${value}`).join("&"); // Node
  const bareWhenEmpty = values.map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  const queries = new Set([withEquals, bareWhenEmpty.join("&")]); // Go, Java, Python
  return [...queries].flatMap((query) => paths.map((each) => `${each}?${query}`));
}

/** Decoded values, sorted by name. As in pop-core, commas join the values of a repeated name in the order they were sent. */
function groupedValues(query: string): readonly [string, string][] {
  const groups: [string, string][] = [];
  for (const { name, encodedValue } of sortParameters(readParameters(query, []), byName)) {
    const last = groups.at(-1);
    if (last && last[0] === name) last[1] += `,${decodeComponent(encodedValue)}`;
    else groups.push([name, decodeComponent(encodedValue)]);
  }
  return groups;
}
