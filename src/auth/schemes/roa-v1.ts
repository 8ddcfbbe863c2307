import { hash } from "node:crypto";
import { type PreparedSecret, sameSha1Base64 } from "../credentials.ts";
import { byName, readParameters, sortParameters } from "../parameters.ts";
import { decodeComponent } from "../percent.ts";
import { type Refusal, refuse, refuseV1Signature } from "../refusals.ts";
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
 * ROA v1, `Authorization: acs <AccessKeyId>:<Signature>` (AUTH.md §2): the aliyun CLI, Terraform, pop-core.
 * Weak by design and kept for these clients: the body is signed only through Content-MD5, Host not at all, and query values are
 * signed decoded, so a value "1&b=2" and two parameters sign the same.
 */

export const ROA_V1_PREFIX = "acs ";

export type RoaV1Claim = Claim & { readonly scheme: "roa-v1" };

export function readRoaV1({ headers }: AuthRequest, authorization: string): RoaV1Claim | Refusal {
  const colon = authorization.indexOf(":");
  const accessKeyId = roaV1AccessKeyId(authorization);
  const signature = colon < 0 ? "" : authorization.slice(colon + 1);
  if (accessKeyId === "" || signature === "") return refuse("incomplete-signature");
  const method = unlessEmpty(headerText(headers, "x-acs-signature-method"));
  if (method !== undefined && method !== "HMAC-SHA1") return refuse("unsupported-signature-method");
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

/** Also of an Authorization without a signature, for the mode that checks none. */
export function roaV1AccessKeyId(authorization: string): string {
  const colon = authorization.indexOf(":");
  return authorization.slice(ROA_V1_PREFIX.length, colon < 0 ? undefined : colon);
}

const SIGNED_BY_NAME = ["accept", "content-md5", "content-type", "date"] as const;

/** Rows 10 to 12 of AUTH.md §4. */
export function checkRoaV1(
  request: AuthRequest,
  claim: RoaV1Claim,
  secret: PreparedSecret,
): Refusal | undefined {
  const { headers } = request;
  const declared = unlessEmpty(headerText(headers, "content-md5"));
  if (declared !== undefined && declared !== hash("md5", request.body, "base64"))
    return refuse("wrong-content-md5");
  const acsNames = Object.keys(headers).filter((name) => name.startsWith("x-acs-"));
  if ([...SIGNED_BY_NAME, ...acsNames].some((name) => isRepeated(headers, name)))
    return refuse("repeated-header");

  const head = signedHead(request.method, headers, acsNames.sort());
  const resources = resourceCandidates(request.target);
  for (const resource of resources)
    if (sameSha1Base64(secret.signRoaV1(head + resource), claim.signature)) return undefined;
  return refuseV1Signature(head + (resources[0] ?? ""));
}

/** Everything before the resource. An absent header is an empty line. */
function signedHead(method: string, headers: RequestHeaders, acsNames: readonly string[]): string {
  let head = `${method}\n`;
  for (const name of SIGNED_BY_NAME) head += `${headerText(headers, name) ?? ""}\n`;
  for (const name of acsNames) {
    const value = headerText(headers, name);
    if (value !== undefined) head += `${name}:${value.replace(/[\t\n\r\f]/g, " ").trim()}\n`;
  }
  return head;
}

/** The ways in which the known clients sign this target, without repetition. */
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

/** Decoded values by name, sorted; pop-core joins those of a repeated name with commas, in wire order. */
function groupedValues(query: string): readonly [string, string][] {
  const groups: [string, string][] = [];
  for (const { name, encodedValue } of sortParameters(readParameters(query, []), byName)) {
    const last = groups.at(-1);
    if (last && last[0] === name) last[1] += `,${decodeComponent(encodedValue)}`;
    else groups.push([name, decodeComponent(encodedValue)]);
  }
  return groups;
}
