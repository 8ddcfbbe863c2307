import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { authenticate, nonceKeptUntilMs } from "./authenticate.ts";
import type { Credential } from "./credentials.ts";
import {
  credentialOf,
  KEY,
  lookupOf,
  NOW_MS,
  OWN,
  requestOf,
  signedRequest,
  vectorNamed,
} from "./fixtures.test.ts";
import type { AuthRequest } from "./request.ts";
import type { SignInput } from "./sign.ts";
import { CLOCK_SKEW_MS } from "./timestamps.ts";

const STS: Credential = { ...OWN, sts: { token: "token-1", expiresAtMs: NOW_MS + 1000 } };

function outcome(request: AuthRequest, credential: Credential = OWN, nowMs = NOW_MS): string {
  const result = authenticate(request, lookupOf(credential), nowMs);
  return result.ok ? "accepted" : result.code;
}

function withHeaders(request: AuthRequest, headers: AuthRequest["headers"]): AuthRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

/** What each row of AUTH.md §4 looks like when everything after it is wrong as well. */
describe("faults are reported in the order of AUTH.md §4", () => {
  const headers = signedRequest({ key: { ...KEY, securityToken: "token-1" } }).headers;
  const spoilt = { authorization: String(headers["authorization"]).replace(/.$/, "!") };
  const unsigned = { ...spoilt, "x-acs-extra": "1" };
  const late = { ...unsigned, "x-acs-date": "2026-01-02T02:00:00Z" };
  const noDate = { ...unsigned, "x-acs-date": "yesterday" };
  const foreign = { ...noDate, "x-acs-security-token": "token-2" };
  const malformed = { ...noDate, "x-acs-security-token": "to ken" };
  const tokenless = { ...noDate, "x-acs-security-token": undefined };
  const expired: Credential = { ...STS, sts: { token: "token-1", expiresAtMs: NOW_MS } };
  const base: AuthRequest = { ...signedRequest(), headers };

  const rows: readonly [string, AuthRequest["headers"], Credential, string][] = [
    ["1 no scheme", { ...tokenless, authorization: "Basic YTpi" }, STS, "IncompleteSignature"],
    [
      "1 cut",
      { ...tokenless, authorization: "ACS3-HMAC-SHA256 Credential=a" },
      STS,
      "IncompleteSignature",
    ],
    [
      "3",
      { ...tokenless, authorization: "ACS3-RSA-SHA256 Credential=a" },
      STS,
      "InvalidSignatureMethod",
    ],
    ["4", tokenless, { ...STS, accessKeyId: "other" }, "InvalidAccessKeyId.NotFound"],
    ["5", tokenless, { ...STS, enabled: false }, "InvalidAccessKeyId.Inactive"],
    ["6", tokenless, STS, "MissingSecurityToken"],
    ["7 malformed", malformed, STS, "InvalidSecurityToken.Malformed"],
    ["7 mismatch", foreign, STS, "InvalidSecurityToken.MismatchWithAccessKey"],
    ["7 expired", noDate, expired, "InvalidSecurityToken.Expired"],
    ["8", noDate, STS, "InvalidTimeStamp.Format"],
    ["9", late, STS, "InvalidTimeStamp.Expired"],
    ["11", unsigned, STS, "SignatureDoesNotMatch"],
    ["12", spoilt, STS, "SignatureDoesNotMatch"],
    ["nothing wrong", {}, STS, "accepted"],
  ];
  for (const [row, change, credential, code] of rows)
    test(`row ${row}: ${code}`, () =>
      assert.equal(outcome(withHeaders(base, change), credential), code));

  test("row 10 of ROA v1 comes after the date and before the signature", () => {
    const vector = vectorNamed("roa-pop-post-json");
    const request = { ...requestOf(vector), body: Buffer.from("other"), method: "PUT" };
    assert.equal(outcome(request, credentialOf(vector)), "ContentMD5NotMatched");
    assert.equal(outcome(request, credentialOf(vector), NOW_MS * 2), "InvalidTimeStamp.Expired");
  });

  test("the reason tells apart what the vendor's code does not", () => {
    const reason = (change: AuthRequest["headers"]) => {
      const result = authenticate(withHeaders(base, change), lookupOf(STS), NOW_MS);
      return result.ok ? "accepted" : result.reason;
    };
    assert.equal(reason({ "x-acs-extra": "" }), "header-not-signed");
    assert.equal(reason({ "x-acs-version": undefined }), "signed-header-absent");
    assert.equal(reason({ host: ["a", "b"] }), "repeated-header");
    assert.equal(reason({ "x-acs-content-sha256": "0".repeat(64) }), "wrong-payload-hash");
    assert.equal(reason({ "x-acs-action": "GetTask" }), "wrong-signature");
  });
});

describe("RPC v1 parameters (rows 1 to 3)", () => {
  const vector = vectorNamed("rpc-pop-get");
  const code = (from: RegExp, to: string) =>
    outcome(
      { ...requestOf(vector), target: vector.request.url.replace(from, to) },
      credentialOf(vector),
    );

  for (const name of ["AccessKeyId", "Action", "Version", "SignatureMethod", "SignatureVersion"])
    test(`without ${name}`, () =>
      assert.equal(code(new RegExp(`\\b${name}=[^&]*`), ""), `Missing${name}`));

  test("an empty parameter is a missing one", () => {
    assert.equal(code(/SignatureNonce=[^&]*/, "SignatureNonce="), "MissingSignatureNonce");
    assert.equal(code(/Timestamp=[^&]*/, "Timestamp="), "MissingTimestamp");
  });
  test("without or with two signatures", () => {
    assert.equal(code(/Signature=[^&]*/, ""), "IncompleteSignature");
    assert.equal(code(/Signature=/, "Signature=x&Signature="), "IncompleteSignature");
  });
  test("another method", () => {
    assert.equal(code(/HMAC-SHA1/, "HMAC-SHA256"), "InvalidSignatureMethod");
    assert.equal(code(/$/, "&SignatureType=BEARERTOKEN"), "InvalidSignatureMethod");
  });
  test("nothing signed at all", () => {
    const none = { method: "GET", headers: {}, body: Buffer.alloc(0) };
    assert.equal(outcome({ ...none, target: "/?Action=DescribeTask" }), "MissingAccessKeyId");
    assert.equal(outcome({ ...none, target: "/tasks/T-1" }), "IncompleteSignature");
    const bearer = { "x-acs-signature-type": "BEARERTOKEN", "x-acs-bearer-token": "t" };
    assert.equal(outcome({ ...none, target: "/", headers: bearer }), "InvalidSignatureMethod");
  });
  test("the path is not part of the signed string, so only / is accepted", () => {
    assert.equal(code(/^\//, "/tasks/T-1"), "SignatureDoesNotMatch");
    assert.equal(code(/^\//, ""), "accepted");
  });
  test("a parameter cannot be shadowed by a second one", () => {
    assert.equal(code(/\?/, "?TaskId=evil&"), "SignatureDoesNotMatch");
    assert.equal(code(/$/, "&TaskId=evil"), "SignatureDoesNotMatch");
  });
  test("the unsigned header of an action or version must say what the signed parameter says", () => {
    for (const change of [
      { "x-acs-action": "RebootNodes" },
      { "x-acs-version": "2015-12-15" },
      { "x-acs-action": ["DescribeTask", "RebootNodes"] },
    ])
      assert.equal(
        outcome(withHeaders(requestOf(vector), change), credentialOf(vector)),
        "SignatureDoesNotMatch",
      );
  });
  test("a body of another type cannot be added", () => {
    const request = { ...requestOf(vector), body: Buffer.from('{"TaskId":"evil"}') };
    const json = withHeaders(request, { "content-type": "application/json" });
    assert.equal(outcome(json, credentialOf(vector)), "SignatureDoesNotMatch");
  });
});

describe("dates", () => {
  const request = signedRequest();
  for (const [offsetMs, expected] of [
    [CLOCK_SKEW_MS, "accepted"],
    [-CLOCK_SKEW_MS, "accepted"],
    [CLOCK_SKEW_MS + 1, "InvalidTimeStamp.Expired"],
    [-CLOCK_SKEW_MS - 1, "InvalidTimeStamp.Expired"],
    [Number.NaN, "InvalidTimeStamp.Expired"],
  ] as const)
    test(`server clock ${offsetMs} ms away: ${expected}`, () =>
      assert.equal(outcome(request, OWN, NOW_MS + offsetMs), expected));

  test("a nonce is kept as long as its request could come again", () => {
    const ahead = NOW_MS + CLOCK_SKEW_MS;
    assert.equal(outcome(signedRequest({ dateMs: ahead })), "accepted");
    assert.equal(nonceKeptUntilMs(ahead), NOW_MS + 2 * CLOCK_SKEW_MS);
  });

  test("an absent date is not well formed", () =>
    assert.equal(
      outcome(withHeaders(request, { "x-acs-date": undefined })),
      "InvalidTimeStamp.Format",
    ));
});

describe("tokens", () => {
  test("a genuine request with a token but a permanent key is told so", () => {
    const request = signedRequest({ key: { ...KEY, securityToken: "token-1" } });
    assert.equal(outcome(request), "InvalidSecurityToken.MismatchWithAccessKey");
  });
  test("an empty token is none", () =>
    assert.equal(outcome(signedRequest({ key: { ...KEY, securityToken: "" } })), "accepted"));
  test("a token holds until, not at, its expiry", () => {
    const request = signedRequest({ key: { ...KEY, securityToken: "token-1" } });
    assert.equal(outcome(request, STS, NOW_MS + 999), "accepted");
    assert.equal(outcome(request, STS, NOW_MS + 1000), "InvalidSecurityToken.Expired");
  });
});

test("a mismatch shows what the server would have signed", () => {
  const request = withHeaders(signedRequest(), { "x-acs-action": "GetTask" });
  const acs3 = authenticate(request, lookupOf(OWN), NOW_MS);
  assert.ok(!acs3.ok);
  assert.equal(acs3.message, "Specified signature does not match our calculation.");
  assert.match(acs3.stringToSign ?? "", /^ACS3-HMAC-SHA256\n[0-9a-f]{64}$/);
  assert.match(acs3.canonicalRequest ?? "", /^GET\n\/tasks\/T-5\S+\npage_number=1&q=a%20b\nhost:/);

  const vector = vectorNamed("neg-roa-path");
  const roa = authenticate(requestOf(vector), lookupOf(credentialOf(vector)), NOW_MS);
  assert.ok(!roa.ok);
  assert.ok(roa.stringToSign?.startsWith("GET\napplication/json\n"));
  assert.equal(
    roa.message,
    `Specified signature is not matched with our calculation. server string to sign is:${roa.stringToSign}`,
  );
});

test("the message of every other refusal is the published one", () => {
  const result = authenticate(signedRequest(), () => undefined, NOW_MS);
  assert.deepEqual(result, {
    ok: false,
    reason: "unknown-key",
    status: 404,
    code: "InvalidAccessKeyId.NotFound",
    message: "Specified access key is not found.",
  });
});

describe("lists of signed headers", () => {
  const relist = (change: (list: string) => string) => {
    const { headers, ...rest } = signedRequest();
    const authorization = String(headers["authorization"]);
    const list = /SignedHeaders=([^,]*)/.exec(authorization)?.[1] ?? "";
    return withHeaders(
      { ...rest, headers },
      { authorization: authorization.replace(list, change(list)) },
    );
  };
  for (const [what, change] of [
    ["without host", (list: string) => list.replace("host;", "")],
    ["a name twice", (list: string) => `${list};host`],
    ["an absent header", (list: string) => `${list};x-acs-zone`],
    ["names found on every object", (list: string) => `${list};constructor;__proto__`],
    ["nothing but separators", () => ";;;"],
  ] as const)
    test(what, () => assert.equal(outcome(relist(change)), "SignatureDoesNotMatch"));

  test("more lists than are remembered, and long ones, still verify", () => {
    for (let i = 0; i < 200; i++) {
      const name = `x-acs-h${i}${i % 50 === 0 ? "x".repeat(600) : ""}`;
      assert.equal(outcome(signedRequest({ headers: { [name]: "" } })), "accepted");
    }
  });
});

test("a body is proven by our own hash, whether or not the client states one", () => {
  const input: Partial<SignInput> = { method: "POST", body: '{"count":3}' };
  assert.equal(outcome(signedRequest(input)), "accepted");
  assert.equal(
    outcome({ ...signedRequest(input), body: Buffer.from('{"count":4}') }),
    "SignatureDoesNotMatch",
  );
  assert.equal(
    outcome({ ...signedRequest(input), body: Buffer.alloc(0) }),
    "SignatureDoesNotMatch",
  );
});

describe("mode known", () => {
  const known = (request: AuthRequest, credential: Credential = OWN) => {
    const result = authenticate(request, lookupOf(credential), NOW_MS, "known");
    return result.ok
      ? { scheme: result.scheme, dateMs: result.dateMs, nonce: result.nonce }
      : result.code;
  };
  const none = { method: "GET", target: "/tasks/T-1", headers: {}, body: Buffer.alloc(0) };
  const bearing = (authorization: string) => withHeaders(none, { authorization });

  test("takes the key's word, in every scheme, and gives no nonce back", () => {
    const accepted = (scheme: string) => ({ scheme, dateMs: NOW_MS, nonce: undefined });
    const forged = withHeaders(signedRequest(), { "x-acs-action": "GetTask" });
    assert.deepEqual(known(forged), accepted("acs3"));
    assert.deepEqual(
      known(bearing(`ACS3-HMAC-SHA256 Credential=${KEY.accessKeyId}`)),
      accepted("acs3"),
    );
    assert.deepEqual(known(bearing(`acs ${KEY.accessKeyId}:`)), accepted("roa-v1"));
    const target = `/?AccessKeyId=${KEY.accessKeyId}&Action=DescribeTask`;
    assert.deepEqual(known({ ...none, target }), accepted("rpc-v1"));
  });
  test("the key must be named, exist and be enabled", () => {
    assert.equal(known(none), "IncompleteSignature");
    assert.equal(known({ ...none, target: "/?Action=GetTask" }), "MissingAccessKeyId");
    assert.equal(known(bearing("acs :")), "IncompleteSignature");
    assert.equal(known(bearing("acs nobody:")), "InvalidAccessKeyId.NotFound");
    assert.equal(known(signedRequest(), { ...OWN, enabled: false }), "InvalidAccessKeyId.Inactive");
  });
});
