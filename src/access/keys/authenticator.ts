import {
  authenticate,
  GATEWAY_RULES,
  nonceKeptUntilMs,
  type SignatureRules,
} from "../../auth/authenticate.ts";
import { refusalBeforeBody } from "../../auth/before-body.ts";
import type { Credential } from "../../auth/credentials.ts";
import { sameSecretText } from "../../auth/credentials.ts";
import {
  type AuthRefusal,
  authRefusal,
  missingParameterRefusal,
  type Scheme,
} from "../../auth/refusals.ts";
import { type AuthRequest, headersFromRaw, headerText } from "../../auth/request.ts";
import type { AccessCall, AccessCaller, Denial, SiteCheck } from "../call.ts";
import type { CertificateKeys } from "./client-certificates.ts";
import type { KeyEntry, KeyRing } from "./key-ring.ts";
import type { Nonces, UnusedNonce } from "./nonces.ts";

/**
 * `off`: everyone is one account. `known`: the key must exist, nothing is proven, for teaching. `strict`: every request
 * is signed.
 */
export type AuthMode = "off" | "known" | "strict";

/** The dialect that manages keys: never open, whatever the mode. */
const ACCESS_DIALECT = "access";
/** The dialects that manage or give keys: signed whatever the mode. */
const ALWAYS_SIGNED: ReadonlySet<string> = new Set([ACCESS_DIALECT, "sts"]);
/** Who holds the token that lies in the data directory, for its owner's eyes. */
export const OPERATOR = "operator";

export interface AuthenticatorOptions {
  readonly mode: AuthMode;
  /** Whose calls are those that nobody checks. */
  readonly account: string;
  readonly ring: KeyRing;
  readonly nonces: Nonces;
  readonly now: () => number;
  readonly operatorToken?: string | undefined;
  /** Asked about every call while nobody proves who they are. */
  readonly site?: SiteCheck | undefined;
  /** What signed requests need; the vendor's gateway's rules if absent. */
  readonly signatures?: SignatureRules | undefined;
  /** Let nobody in over plain HTTP, except the operator with the token. */
  readonly requireTls?: boolean | undefined;
  /** Let nobody in without a certificate, except the operator with the token. */
  readonly requireCertificate?: boolean | undefined;
  /** The keys that certificates stand for; absent: none. */
  readonly certificateKeys?: CertificateKeys | undefined;
  /** The dialects whose clients name no version. */
  readonly versionless?: ReadonlySet<string> | undefined;
}

export interface Known {
  readonly caller: AccessCaller;
  /** Absent for the operator, and while nobody is checked. */
  readonly entry: KeyEntry | undefined;
  /** To be taken once nothing else speaks against the call; absent if none was sent. */
  readonly nonce?: UnusedNonce | undefined;
}

const BEARER = "Bearer ";

/** Rows 1 to 13 of AUTH.md §4: whose call is it? Synchronous, because every poll comes through here. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #lookup: (accessKeyId: string) => Credential | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#lookup = (id) => options.ring.credential(id, options.now());
  }

  /**
   * A nonce that was used before is refused here; a new one is not used up yet.
   * @param mutating whether the operation changes something.
   */
  identify(call: AccessCall, mutating: boolean): Known | Denial {
    const { mode, account } = this.#options;
    const { requestId } = call;
    if (call.operation.dialect === ACCESS_DIALECT) {
      if (this.#isOperator(call)) {
        const caller = { account, requestId, actor: OPERATOR, source: call.source };
        return { caller, entry: undefined };
      }
    }
    const uncertified = this.#uncertified(call);
    if (uncertified !== undefined) return uncertified;
    if (mode === "off" && !ALWAYS_SIGNED.has(call.operation.dialect)) {
      const foreign = this.#options.site?.refusal(call.method, call.headers, mutating);
      if (foreign !== undefined) return foreign;
      return { caller: { account, requestId, actor: "anonymous" }, entry: undefined };
    }
    const certified = this.#certifiedKey(call);
    return certified === undefined
      ? this.#authenticate(call)
      : this.#asCertified(call, certified, mutating);
  }

  /** Why a request is refused whose body is not there yet; undefined: nothing speaks against it so far. */
  beforeBody(call: AccessCall): Denial | undefined {
    const { mode, now, requireTls, signatures = GATEWAY_RULES } = this.#options;
    if (this.#isOperator(call)) return undefined;
    const uncertified = this.#uncertified(call);
    if (uncertified !== undefined) return uncertified;
    if (requireTls && !call.secure) return denied(authRefusal("not-encrypted"));
    if (this.#certifiedKey(call) !== undefined) return undefined;
    const checked = mode === "known" ? "known" : "headers";
    const refusal = refusalBeforeBody(requestOf(call), this.#lookup, now(), checked, signatures);
    return refusal && denied(refusal);
  }

  /** Why a key that was good is good no longer; undefined: it still is. */
  recheck(accessKeyId: string): Denial | undefined {
    const credential = this.#lookup(accessKeyId);
    if (credential === undefined) return denied(authRefusal("unknown-key"));
    if (!credential.enabled) return denied(authRefusal("disabled-key"));
    const expired = (credential.sts?.expiresAtMs ?? Infinity) <= this.#options.now();
    return expired ? denied(authRefusal("expired-token")) : undefined;
  }

  #uncertified(call: AccessCall): Denial | undefined {
    const refused = this.#options.requireCertificate && call.clientCertificate === undefined;
    return refused ? denied(authRefusal("no-client-certificate")) : undefined;
  }

  /** The key that the client's certificate stands for, if the request has no signature, which would say more. */
  #certifiedKey(call: AccessCall): string | undefined {
    const { certificateKeys } = this.#options;
    const certificate = certificateKeys && call.clientCertificate;
    if (certificate === undefined || ALWAYS_SIGNED.has(call.operation.dialect)) return undefined;
    const signed =
      call.headers["authorization"] !== undefined ||
      ["Signature", "AccessKeyId"].some((name) => call.values(name).length > 0);
    return signed ? undefined : certificateKeys?.keyFor(certificate);
  }

  /** A browser shows its certificate to every page's requests, so those of other sites are refused, as without a check. */
  #asCertified(call: AccessCall, accessKeyId: string, mutating: boolean): Known | Denial {
    const { ring, site } = this.#options;
    const foreign = site?.refusal(call.method, call.headers, mutating);
    if (foreign !== undefined) return foreign;
    const credential = this.#lookup(accessKeyId);
    if (credential === undefined) return denied(authRefusal("unknown-key"));
    // A temporary key ends with its token, which a certificate does not have.
    if (!credential.enabled || credential.sts) return denied(authRefusal("disabled-key"));
    const { accountId: account, principal: actor } = credential;
    return {
      caller: { account, requestId: call.requestId, actor, accessKeyId },
      entry: ring.entry(accessKeyId),
    };
  }

  #authenticate(call: AccessCall): Known | Denial {
    const { mode, ring, nonces, now, requireTls, signatures = GATEWAY_RULES } = this.#options;
    if (requireTls && !call.secure) return denied(authRefusal("not-encrypted"));
    const known = mode === "known" && !ALWAYS_SIGNED.has(call.operation.dialect);
    const request = requestOf(call);
    const found = authenticate(
      request,
      this.#lookup,
      now(),
      known ? "known" : "signed",
      signatures,
    );
    if (!found.ok) return denied(found);
    const { credential, nonce, dateMs, scheme } = found;
    if (!known && this.#isLedByHost(call, request, scheme))
      return denied(missingParameterRefusal("Version"));
    const { accountId, accessKeyId } = credential;
    const unused =
      nonce === undefined
        ? undefined
        : nonces.look(accountId, accessKeyId, nonce, nonceKeptUntilMs(dateMs));
    if (nonce !== undefined && unused === undefined) return NONCE_USED;
    return {
      caller: {
        account: accountId,
        requestId: call.requestId,
        actor: credential.principal,
        accessKeyId,
        ...(ALWAYS_SIGNED.has(call.operation.dialect) && {
          source: call.source,
          secure: call.secure,
        }),
      },
      entry: ring.entry(accessKeyId),
      nonce: unused,
    };
  }

  /**
   * ROA v1 does not sign the host, and without a version the host decides which product a call is for. So a call to a
   * product that has a version must name it.
   */
  #isLedByHost({ operation }: AccessCall, { headers }: AuthRequest, scheme: Scheme): boolean {
    if (scheme !== "roa-v1" || operation.action === "") return false;
    if (this.#options.versionless?.has(operation.dialect)) return false;
    return !headerText(headers, "x-acs-version");
  }

  /** Uses the nonce up, or says why the call has to be refused. */
  takeNonce(nonce: UnusedNonce, mutating: boolean): Denial | undefined {
    const claim = this.#options.nonces.take(nonce, mutating ? "changes" : "reads");
    if (claim === "new") return undefined;
    return claim === "used" ? NONCE_USED : TOO_MANY_NONCES;
  }

  #isOperator({ headers, local }: AccessCall): boolean {
    const { operatorToken } = this.#options;
    const authorization = headerText(headers, "authorization") ?? "";
    if (operatorToken === undefined || !local || !authorization.startsWith(BEARER)) return false;
    return sameSecretText(operatorToken, authorization.slice(BEARER.length));
  }
}

const NONCE_USED = denied(authRefusal("nonce-used"));

const TOO_MANY_NONCES: Denial = {
  status: 400,
  code: "Throttling",
  message: "Request was denied due to request throttling.",
  reason: "too-many-nonces",
  retryAfterMs: 60_000,
};

/** Node joins or drops repeated headers, so that they could not be refused; its own object is right only without them. */
function requestOf({ method, target, headers, rawHeaders, body }: AccessCall): AuthRequest {
  let names = 0;
  for (const _ in headers) names++;
  const complete = names * 2 === rawHeaders.length;
  return { method, target, headers: complete ? headers : headersFromRaw(rawHeaders), body };
}

/** ACS3 shows both of its strings, as the gateway is seen to do; the messages of v1 hold theirs already. */
function denied({ status, code, message, reason, ...shown }: AuthRefusal): Denial {
  const { stringToSign, canonicalRequest } = shown;
  if (canonicalRequest === undefined) return { status, code, message, reason };
  const strings = `server StringToSign is [${stringToSign}] server CanonicalRequest is [${canonicalRequest}]`;
  return { status, code, message: `${message} ${strings}`, reason };
}
