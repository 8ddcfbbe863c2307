import { type PreparedSecret, sameSha256Hex } from "../credentials.ts";
import { ambiguousName, joinEncoded, type Parameter } from "../parameters.ts";
import {
  type AuthRefusal,
  acs3SignatureRefusal,
  authRefusal,
  repeatedParameterRefusal,
  unsignedHeaderRefusal,
} from "../refusals.ts";
import { type AuthRequest, headerText, pathOf, queryOf } from "../request.ts";
import { parseUtcSeconds } from "../timestamps.ts";
import {
  canonicalRequest,
  documentedPath,
  pathCandidates,
  queryCandidates,
  sortedParameters,
} from "./acs3-canonical.ts";
import { hashedStringToSign, payloadHash } from "./acs3-hash.ts";
import { type Claim, unlessEmpty } from "./claim.ts";
import { signedHeaderLines } from "./signed-headers.ts";

/* ACS3-HMAC-SHA256, the scheme of every current SDK (AUTH.md §1). */

export const ACS3_PREFIX = "ACS3-HMAC-SHA256 ";

export type Acs3Claim = Claim & { readonly scheme: "acs3"; readonly signedHeaders: string };

/** Reads `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`. Blanks after the commas are allowed. */
export function readAcs3({ headers }: AuthRequest, authorization: string): Acs3Claim | AuthRefusal {
  const credential = fieldAt(authorization, ACS3_PREFIX.length, "Credential=");
  const signed = fieldAt(authorization, credential.end + 1, "SignedHeaders=");
  const signature = fieldAt(authorization, signed.end + 1, "Signature=");
  if (credential.text === "" || signed.text === "" || signature.text === "")
    return authRefusal("incomplete-signature");
  if (signature.end !== authorization.length) return authRefusal("incomplete-signature");
  return {
    ok: true,
    scheme: "acs3",
    accessKeyId: credential.text,
    signedHeaders: signed.text,
    signature: signature.text,
    securityToken: unlessEmpty(headerText(headers, "x-acs-security-token")),
    nonce: unlessEmpty(headerText(headers, "x-acs-signature-nonce")),
    dateMs: parseUtcSeconds(headerText(headers, "x-acs-date") ?? ""),
  };
}

/** Reads also an incomplete Authorization, for the mode that checks no signature. */
export function acs3AccessKeyId(authorization: string): string {
  return fieldAt(authorization, ACS3_PREFIX.length, "Credential=").text;
}

/** The value between `label` and the next comma, or "" if the label does not follow. */
function fieldAt(text: string, at: number, label: string): { text: string; end: number } {
  let start = at;
  while (text[start] === " ") start++;
  if (!text.startsWith(label, start)) return { text: "", end: start };
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  return { text: text.slice(start + label.length, end), end };
}

/** Rows 11 and 12 of AUTH.md §4. */
export function checkAcs3(
  request: AuthRequest,
  claim: Acs3Claim,
  secret: PreparedSecret,
): AuthRefusal | undefined {
  const lines = signedHeaderLines(request.headers, claim.signedHeaders);
  if (!lines.ok) {
    if (lines.header === undefined) return authRefusal(lines.fault);
    return unsignedHeaderRefusal(lines.header, "add it to SignedHeaders, or leave it out");
  }
  const payload = payloadHash(request.body);
  const declared = headerText(request.headers, "x-acs-content-sha256");
  if (declared !== undefined && declared !== payload && declared.toLowerCase() !== payload)
    return authRefusal("wrong-payload-hash");

  const path = documentedPath(pathOf(request.target));
  const parameters = sortedParameters(queryOf(request.target));
  const repeated = ambiguousName(parameters);
  if (repeated !== undefined) return repeatedParameterRefusal(repeated);
  const canonical = canonicalRequest(
    request.method,
    path,
    joinEncoded(parameters),
    lines.text,
    claim.signedHeaders,
    payload,
  );
  const stringToSign = hashedStringToSign(canonical);
  if (sameSha256Hex(secret.signAcs3(stringToSign), claim.signature)) return undefined;
  return matchesOtherForm(request, claim, secret, parameters, lines.text, payload)
    ? undefined
    : acs3SignatureRefusal(stringToSign, canonical);
}

/** Tries the forms that other and older clients sign, when the common form does not match. */
function matchesOtherForm(
  request: AuthRequest,
  claim: Acs3Claim,
  secret: PreparedSecret,
  parameters: readonly Parameter[],
  lines: string,
  payload: string,
): boolean {
  const queries = queryCandidates(parameters);
  for (const path of pathCandidates(pathOf(request.target)))
    for (const query of queries) {
      const canonical = canonicalRequest(
        request.method,
        path,
        query,
        lines,
        claim.signedHeaders,
        payload,
      );
      if (sameSha256Hex(secret.signAcs3(hashedStringToSign(canonical)), claim.signature))
        return true;
    }
  return false;
}
