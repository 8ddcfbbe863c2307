/*
 * The reasons for which a request is refused, and the answers of the vendor's gateway (AUTH.md §4; the numbers are its rows).
 * Status, code and message are published by the vendor, except where that page marks them as inferred.
 */

export type Scheme = "acs3" | "roa-v1" | "rpc-v1";

type Answer = { readonly status: number; readonly code: string; readonly message: string };

const NOT_MATCHED_ACS3 = "Specified signature does not match our calculation.";
const NOT_MATCHED_V1 =
  "Specified signature is not matched with our calculation. server string to sign is:";

const answers = {
  // 1
  "incomplete-signature": bad(
    "IncompleteSignature",
    "The request signature does not conform to Aliyun standards.",
  ),
  // 2 and 6: {Parameter} is filled in
  "missing-parameter": bad("Missing{Parameter}", "{Parameter} is mandatory for this action."),
  // 3
  "unsupported-signature-method": bad(
    "InvalidSignatureMethod",
    "Specified signature method is not supported.",
  ),
  "scheme-not-accepted": bad(
    "InvalidSignatureMethod",
    "Specified signature method is not supported.",
  ),
  // Only where the operator requires certificates of clients
  "no-client-certificate": {
    status: 403,
    code: "Forbidden.ClientCertificate",
    message: "A client certificate that this server trusts is required.",
  },
  // Only where the operator requires TLS
  "not-encrypted": bad("InvalidProtocol.NeedSsl", "Your request is denied as lack of ssl protect."),
  // 4
  "unknown-key": {
    status: 404,
    code: "InvalidAccessKeyId.NotFound",
    message: "Specified access key is not found.",
  },
  // 5
  "disabled-key": bad("InvalidAccessKeyId.Inactive", "Specified access key is disabled."),
  // 7
  "malformed-token": bad("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."),
  "foreign-token": bad(
    "InvalidSecurityToken.MismatchWithAccessKey",
    "Specified SecurityToken mismatch with the AccessKey.",
  ),
  "expired-token": bad("InvalidSecurityToken.Expired", "Specified SecurityToken is expired."),
  // 8
  "malformed-date": bad(
    "InvalidTimeStamp.Format",
    "Specified time stamp or date value is not well formatted.",
  ),
  // 9
  "date-out-of-window": bad(
    "InvalidTimeStamp.Expired",
    "Specified time stamp or date value is expired.",
  ),
  // 10
  "wrong-content-md5": bad("ContentMD5NotMatched", "Specified Content-MD5 does not match."),
  // 11
  "header-not-signed": bad("SignatureDoesNotMatch", NOT_MATCHED_ACS3),
  "signed-header-absent": bad("SignatureDoesNotMatch", NOT_MATCHED_ACS3),
  "repeated-header": bad("SignatureDoesNotMatch", NOT_MATCHED_ACS3),
  "meaning-not-signed": bad("SignatureDoesNotMatch", NOT_MATCHED_ACS3),
  "repeated-parameter": bad("SignatureDoesNotMatch", NOT_MATCHED_ACS3),
  "wrong-payload-hash": bad("SignatureDoesNotMatch", NOT_MATCHED_ACS3),
  // 12
  "wrong-signature": bad("SignatureDoesNotMatch", NOT_MATCHED_ACS3),
  // 13: the HTTP server keeps the nonces and checks this row
  "nonce-used": bad("SignatureNonceUsed", "Specified signature nonce was used already."),
} satisfies Record<string, Answer>;

export type RefusalReason = keyof typeof answers;

export type AuthRefusal = Answer & {
  readonly ok: false;
  readonly reason: RefusalReason;
  /** The string that the server signs. It contains no secret, and helps the author of a client to find the difference. */
  readonly stringToSign?: string;
  /** ACS3 only. */
  readonly canonicalRequest?: string;
};

function bad(code: string, message: string): Answer {
  return { status: 400, code, message };
}

export function authRefusal(reason: Exclude<RefusalReason, "missing-parameter">): AuthRefusal {
  return { ok: false, reason, ...answers[reason] };
}

/** "MissingTimestamp: Timestamp is mandatory for this action." */
export function missingParameterRefusal(parameter: string): AuthRefusal {
  const { status, code, message } = answers["missing-parameter"];
  return {
    ok: false,
    reason: "missing-parameter",
    status,
    code: code.replace("{Parameter}", parameter),
    message: message.replace("{Parameter}", parameter),
  };
}

/** A header that changes what the request means, and that nobody proves to be the signer's. */
export function unsignedHeaderRefusal(header: string, advice: string): AuthRefusal {
  const refusal = authRefusal("meaning-not-signed");
  const why = `${header}: this header changes what the request means, and the signature does not cover it; ${advice}`;
  return { ...refusal, message: `${refusal.message} ${why}` };
}

/** The order of equal names is not signed, so somebody on the way could choose which value counts. */
export function repeatedParameterRefusal(name: string): AuthRefusal {
  const refusal = authRefusal("repeated-parameter");
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  const why = `${shown}: sent more than once with different values, whose order is not signed; send it once`;
  return { ...refusal, message: `${refusal.message} ${why}` };
}

export function acs3SignatureRefusal(stringToSign: string, canonicalRequest: string): AuthRefusal {
  return { ...authRefusal("wrong-signature"), stringToSign, canonicalRequest };
}

/** For ROA v1 and RPC v1. Their SDKs compare the string in the message with their own, to explain a difference. */
export function v1SignatureRefusal(stringToSign: string): AuthRefusal {
  return {
    ...authRefusal("wrong-signature"),
    message: NOT_MATCHED_V1 + stringToSign,
    stringToSign,
  };
}
