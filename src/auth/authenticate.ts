import { type Credential, sameSecretText } from "./credentials.ts";
import { type AuthRefusal, authRefusal, missingParameterRefusal, type Scheme } from "./refusals.ts";
import { type AuthRequest, headerText, isRepeated } from "./request.ts";
import {
  ACS3_PREFIX,
  type Acs3Claim,
  acs3AccessKeyId,
  checkAcs3,
  readAcs3,
} from "./schemes/acs3.ts";
import {
  checkRoaV1,
  ROA_V1_PREFIX,
  type RoaV1Claim,
  readRoaV1,
  roaV1AccessKeyId,
} from "./schemes/roa-v1.ts";
import {
  checkRpcV1,
  type RpcV1Claim,
  readRpcV1,
  rpcV1Parameters,
  rpcV1Value,
} from "./schemes/rpc-v1.ts";
import { signedHeaderLines } from "./schemes/signed-headers.ts";
import { CLOCK_SKEW_MS } from "./timestamps.ts";

export type Authenticated = {
  readonly ok: true;
  readonly credential: Credential;
  readonly scheme: Scheme;
  /** The caller must refuse a nonce that this key has used before (row 13), and keep it until nonceKeptUntilMs(dateMs). */
  readonly nonce?: string;
  readonly dateMs: number;
};

export type CredentialLookup = (accessKeyId: string) => Credential | undefined;

/**
 * `signed`: everything is checked. `headers`: as much of it as needs no body. `known`: only that the key exists and is
 * enabled. The signature is not checked.
 */
export type AuthenticationMode = "signed" | "headers" | "known";

/** What the operator asks of signed requests beyond the checks of AUTH.md. */
export type SignatureRules = {
  readonly schemes: readonly Scheme[];
  readonly requireNonce: boolean;
  /** At most CLOCK_SKEW_MS, in ms. */
  readonly maxClockDifferenceMs: number;
};

/** The rules of the vendor's gateway. */
export const GATEWAY_RULES: SignatureRules = {
  schemes: ["acs3", "roa-v1", "rpc-v1"],
  requireNonce: false,
  maxClockDifferenceMs: CLOCK_SKEW_MS,
};

type AnyClaim = Acs3Claim | RoaV1Claim | RpcV1Claim;

/** Finds the key that signed the request. The checks follow AUTH.md §4, rows 1 to 12, in that order. Never throws. */
export function authenticate(
  request: AuthRequest,
  lookup: CredentialLookup,
  nowMs: number,
  mode: AuthenticationMode = "signed",
  rules: SignatureRules = GATEWAY_RULES,
): Authenticated | AuthRefusal {
  if (mode === "known") return identify(request, lookup, nowMs);
  const claim = readClaim(request);
  if (!claim.ok) return claim;
  if (!rules.schemes.includes(claim.scheme)) return authRefusal("scheme-not-accepted");
  if (rules.requireNonce && claim.nonce === undefined)
    return missingParameterRefusal("SignatureNonce");
  const credential = usableCredential(claim.accessKeyId, lookup);
  if ("ok" in credential) return credential;
  const refusal =
    checkToken(credential, claim.securityToken, nowMs) ??
    checkDate(claim.dateMs, nowMs, rules.maxClockDifferenceMs) ??
    (mode === "headers"
      ? checkSignedHeaders(request, claim)
      : (checkSignature(request, claim, credential) ??
        checkNoToken(credential, claim.securityToken)));
  if (refusal) return refusal;
  const { scheme, nonce, dateMs } = claim;
  if (nonce === undefined) return { ok: true, credential, scheme, dateMs };
  return { ok: true, credential, scheme, nonce, dateMs };
}

/**
 * A request with a date in the future is accepted until its date is too old. Its nonce must be kept until then, which is up
 * to 30 minutes. The documentation names only 15 minutes.
 */
export function nonceKeptUntilMs(dateMs: number): number {
  return dateMs + CLOCK_SKEW_MS;
}

/** Recognises the scheme (AUTH.md §0) and checks rows 1 to 3 of §4. */
function readClaim(request: AuthRequest): AnyClaim | AuthRefusal {
  // Of two, nobody can tell which one counts, and a signature in the query must not hide them.
  if (isRepeated(request.headers, "authorization")) return authRefusal("incomplete-signature");
  const authorization = headerText(request.headers, "authorization") ?? "";
  if (authorization.startsWith(ACS3_PREFIX)) return readAcs3(request, authorization);
  if (authorization.startsWith(ROA_V1_PREFIX)) return readRoaV1(request, authorization);
  if (/^ACS3-(?:HMAC-SM3|RSA-SHA256) /.test(authorization))
    return authRefusal("unsupported-signature-method");
  if (authorization !== "") return authRefusal("incomplete-signature");
  const parameters = rpcV1Parameters(request);
  if (!parameters) return authRefusal("incomplete-signature");
  if (rpcV1Value(parameters, "Signature") !== undefined) return readRpcV1(parameters);
  return unsigned(request, (name) => rpcV1Value(parameters, name));
}

function unsigned(request: AuthRequest, value: (name: string) => string | undefined): AuthRefusal {
  const type = headerText(request.headers, "x-acs-signature-type") ?? value("SignatureType");
  if (type === "BEARERTOKEN") return authRefusal("unsupported-signature-method");
  const rpc = value("Action") !== undefined;
  if (rpc && value("AccessKeyId") === undefined) return missingParameterRefusal("AccessKeyId");
  return authRefusal("incomplete-signature");
}

/** Rows 4 and 5. */
function usableCredential(accessKeyId: string, lookup: CredentialLookup): Credential | AuthRefusal {
  const credential = lookup(accessKeyId);
  if (!credential) return authRefusal("unknown-key");
  return credential.enabled ? credential : authRefusal("disabled-key");
}

/** Rows 6 and 7, for temporary keys. */
function checkToken(
  { sts }: Credential,
  token: string | undefined,
  nowMs: number,
): AuthRefusal | undefined {
  if (!sts) return undefined;
  if (token === undefined) return missingParameterRefusal("SecurityToken");
  if (/[^\x21-\x7e]/.test(token)) return authRefusal("malformed-token");
  if (!sameSecretText(sts.token, token)) return authRefusal("foreign-token");
  return nowMs < sts.expiresAtMs ? undefined : authRefusal("expired-token");
}

/**
 * A token with a permanent key belongs to another key (row 7). This is checked after the signature: a token that somebody
 * else has added is answered as a wrong signature (vector neg-acs3-unsigned-acs-header).
 */
function checkNoToken({ sts }: Credential, token: string | undefined): AuthRefusal | undefined {
  return sts || token === undefined ? undefined : authRefusal("foreign-token");
}

/** Rows 8 and 9. */
function checkDate(dateMs: number, nowMs: number, mostMs: number): AuthRefusal | undefined {
  if (Number.isNaN(dateMs)) return authRefusal("malformed-date");
  // With this comparison, a clock that is NaN refuses everything.
  return Math.abs(nowMs - dateMs) <= mostMs ? undefined : authRefusal("date-out-of-window");
}

/** Rows 10 to 12. */
function checkSignature(
  request: AuthRequest,
  claim: AnyClaim,
  { secret }: Credential,
): AuthRefusal | undefined {
  switch (claim.scheme) {
    case "acs3":
      return checkAcs3(request, claim, secret);
    case "roa-v1":
      return checkRoaV1(request, claim, secret);
    case "rpc-v1":
      return checkRpcV1(request, claim, secret);
  }
}

/** The part of row 11 that needs no body. */
function checkSignedHeaders({ headers }: AuthRequest, claim: AnyClaim): AuthRefusal | undefined {
  if (claim.scheme !== "acs3") return undefined;
  const lines = signedHeaderLines(headers, claim.signedHeaders);
  return lines.ok ? undefined : authRefusal(lines.fault);
}

/** The mode `known`. It returns no nonce, because anybody could use up the nonces of another caller. */
function identify(
  request: AuthRequest,
  lookup: CredentialLookup,
  nowMs: number,
): Authenticated | AuthRefusal {
  const authorization = headerText(request.headers, "authorization") ?? "";
  let scheme: Scheme = "rpc-v1";
  let accessKeyId: string | undefined;
  if (authorization.startsWith(ACS3_PREFIX)) {
    scheme = "acs3";
    accessKeyId = acs3AccessKeyId(authorization);
  } else if (authorization.startsWith(ROA_V1_PREFIX)) {
    scheme = "roa-v1";
    accessKeyId = roaV1AccessKeyId(authorization);
  } else {
    const parameters = rpcV1Parameters(request) ?? [];
    accessKeyId = rpcV1Value(parameters, "AccessKeyId");
    if (accessKeyId === undefined) return unsigned(request, (name) => rpcV1Value(parameters, name));
  }
  if (!accessKeyId) return authRefusal("incomplete-signature");
  const credential = usableCredential(accessKeyId, lookup);
  return "ok" in credential ? credential : { ok: true, credential, scheme, dateMs: nowMs };
}
