import { type Credential, sameSecretText } from "./credentials.ts";
import { type Refusal, refuse, refuseMissing, type Scheme } from "./refusals.ts";
import { type AuthRequest, headerText } from "./request.ts";
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
import { CLOCK_SKEW_MS } from "./timestamps.ts";

export type Authenticated = {
  readonly ok: true;
  readonly credential: Credential;
  readonly scheme: Scheme;
  /** To be refused when seen before with this key (row 13): remember it until nonceKeptUntilMs(dateMs). */
  readonly nonce?: string;
  readonly dateMs: number;
};

export type CredentialLookup = (accessKeyId: string) => Credential | undefined;

/** `signed`: everything is checked. `known`: the key must exist and be enabled; nothing is proven. */
export type AuthenticationMode = "signed" | "known";

type AnyClaim = Acs3Claim | RoaV1Claim | RpcV1Claim;

/** Whose request is this? Checks in the order of AUTH.md §4, rows 1 to 12. Never throws, whatever the request holds. */
export function authenticate(
  request: AuthRequest,
  lookup: CredentialLookup,
  nowMs: number,
  mode: AuthenticationMode = "signed",
): Authenticated | Refusal {
  if (mode === "known") return identify(request, lookup, nowMs);
  const claim = readClaim(request);
  if (!claim.ok) return claim;
  const credential = usableCredential(claim.accessKeyId, lookup);
  if ("ok" in credential) return credential;
  const refusal =
    checkToken(credential, claim.securityToken, nowMs) ??
    checkDate(claim.dateMs, nowMs) ??
    checkSignature(request, claim, credential) ??
    checkNoToken(credential, claim.securityToken);
  if (refusal) return refusal;
  const { scheme, nonce, dateMs } = claim;
  if (nonce === undefined) return { ok: true, credential, scheme, dateMs };
  return { ok: true, credential, scheme, nonce, dateMs };
}

/**
 * A request dated ahead stays acceptable until its date is too old, so its nonce must be kept until then:
 * up to twice the window, not the 15 minutes that the documentation names.
 */
export function nonceKeptUntilMs(dateMs: number): number {
  return dateMs + CLOCK_SKEW_MS;
}

/** Which scheme is it? AUTH.md §0; and rows 1 to 3 of §4. */
function readClaim(request: AuthRequest): AnyClaim | Refusal {
  const authorization = headerText(request.headers, "authorization") ?? "";
  if (authorization.startsWith(ACS3_PREFIX)) return readAcs3(request, authorization);
  if (authorization.startsWith(ROA_V1_PREFIX)) return readRoaV1(request, authorization);
  if (/^ACS3-(?:HMAC-SM3|RSA-SHA256) /.test(authorization))
    return refuse("unsupported-signature-method");
  if (authorization !== "") return refuse("incomplete-signature");
  const parameters = rpcV1Parameters(request);
  if (!parameters) return refuse("incomplete-signature");
  if (rpcV1Value(parameters, "Signature") !== undefined) return readRpcV1(parameters);
  return unsigned(request, (name) => rpcV1Value(parameters, name));
}

function unsigned(request: AuthRequest, value: (name: string) => string | undefined): Refusal {
  const type = headerText(request.headers, "x-acs-signature-type") ?? value("SignatureType");
  if (type === "BEARERTOKEN") return refuse("unsupported-signature-method");
  const rpc = value("Action") !== undefined;
  if (rpc && value("AccessKeyId") === undefined) return refuseMissing("AccessKeyId");
  return refuse("incomplete-signature");
}

/** Rows 4 and 5. */
function usableCredential(accessKeyId: string, lookup: CredentialLookup): Credential | Refusal {
  const credential = lookup(accessKeyId);
  if (!credential) return refuse("unknown-key");
  return credential.enabled ? credential : refuse("disabled-key");
}

/** Rows 6 and 7, for temporary keys. */
function checkToken(
  { sts }: Credential,
  token: string | undefined,
  nowMs: number,
): Refusal | undefined {
  if (!sts) return undefined;
  if (token === undefined) return refuseMissing("SecurityToken");
  if (/[^\x21-\x7e]/.test(token)) return refuse("malformed-token");
  if (!sameSecretText(sts.token, token)) return refuse("foreign-token");
  return nowMs < sts.expiresAtMs ? undefined : refuse("expired-token");
}

/**
 * A token with a permanent key belongs to another one (row 7), but that is said only of a genuine request: one that was added
 * by somebody else is a wrong signature (vector neg-acs3-unsigned-acs-header).
 */
function checkNoToken({ sts }: Credential, token: string | undefined): Refusal | undefined {
  return sts || token === undefined ? undefined : refuse("foreign-token");
}

/** Rows 8 and 9. */
function checkDate(dateMs: number, nowMs: number): Refusal | undefined {
  if (Number.isNaN(dateMs)) return refuse("malformed-date");
  // Asked this way round, a clock that is NaN refuses everything.
  return Math.abs(nowMs - dateMs) <= CLOCK_SKEW_MS ? undefined : refuse("date-out-of-window");
}

/** Rows 10 to 12. */
function checkSignature(
  request: AuthRequest,
  claim: AnyClaim,
  { secret }: Credential,
): Refusal | undefined {
  switch (claim.scheme) {
    case "acs3":
      return checkAcs3(request, claim, secret);
    case "roa-v1":
      return checkRoaV1(request, claim, secret);
    case "rpc-v1":
      return checkRpcV1(request, claim, secret);
  }
}

/** The mode `known`. No nonce is given back: anybody could use up those of another caller. */
function identify(
  request: AuthRequest,
  lookup: CredentialLookup,
  nowMs: number,
): Authenticated | Refusal {
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
  if (!accessKeyId) return refuse("incomplete-signature");
  const credential = usableCredential(accessKeyId, lookup);
  return "ok" in credential ? credential : { ok: true, credential, scheme, dateMs: nowMs };
}
