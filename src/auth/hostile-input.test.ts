import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { authenticate } from "./authenticate.ts";
import { NOW_MS, OWN } from "./fixtures.test.ts";
import type { AuthRequest } from "./request.ts";

/* Whatever arrives, the answer is a value. The lookup knows every key, so that the inner parts are reached. */

const knowsAll = () => OWN;
const knowsTemporary = () => ({ ...OWN, sts: { token: "t", expiresAtMs: NOW_MS * 2 } });

/** Any UTF-16 units, half surrogate pairs among them, with plenty of the characters that mean something. */
const weird = fc
  .array(
    fc.oneof(
      fc.constantFrom(..."%%%&=+*?/;:,. '~!()#\0\n\r\t", "%E4", "%7E", "%27", "%zz", "a", "中"),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

const authorization = fc.oneof(
  weird,
  fc
    .tuple(weird, weird)
    .map(
      ([list, signature]) =>
        `ACS3-HMAC-SHA256 Credential=a,SignedHeaders=${list};host,Signature=${signature}`,
    ),
  weird.map((rest) => `ACS3-HMAC-SHA256 ${rest}`),
  weird.map((signature) => `acs a:${signature}`),
  weird.map((rest) => `acs ${rest}`),
  fc.constant(`ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=${"0".repeat(64)}`),
  fc.constant("acs a:7MeH+i1YI/7egjK1fTLzUnsDDHg="),
);

const date = fc.oneof(
  weird,
  fc.constantFrom("2026-01-02T03:04:05Z", "Fri, 02 Jan 2026 03:04:05 GMT"),
);
const headerValue = fc.oneof(weird, fc.array(weird, { maxLength: 3 }), fc.constant(undefined));
const headers = fc
  .tuple(
    fc.record({ authorization, date, "x-acs-date": date, host: weird }, { requiredKeys: [] }),
    fc.dictionary(
      fc.oneof(
        weird,
        fc.constantFrom("content-md5", "content-type", "x-acs-security-token", "x-acs-a", "accept"),
      ),
      headerValue,
      { maxKeys: 4 },
    ),
  )
  .map(([known, others]) => ({ ...others, ...known }));

const rpcQuery = weird.map(
  (rest) =>
    `/?AccessKeyId=a&Action=A&Version=1&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n&Timestamp=2026-01-02T03%3A04%3A05Z&Signature=s&${rest}`,
);
const request: fc.Arbitrary<AuthRequest> = fc.record({
  method: weird,
  target: fc.oneof(weird, rpcQuery),
  headers,
  body: fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    weird.map((text) => Buffer.from(text)),
  ),
});

test("no request throws, and none of these is accepted", () => {
  const property = fc.property(request, fc.double(), (each, clockMs) => {
    for (const nowMs of [NOW_MS, clockMs]) {
      assert.equal(authenticate(each, knowsAll, nowMs).ok, false);
      assert.equal(authenticate(each, knowsTemporary, nowMs).ok, false);
      authenticate(each, knowsAll, nowMs, "known");
    }
  });
  fc.assert(property, { numRuns: 3000 });
});

describe("a large request costs time in proportion to its size", () => {
  const acs3 = {
    authorization: `ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=${"0".repeat(64)}`,
    host: "h",
    "x-acs-date": "2026-01-02T03:04:05Z",
  };
  const roa = {
    authorization: "acs a:7MeH+i1YI/7egjK1fTLzUnsDDHg=",
    date: "Fri, 02 Jan 2026 03:04:05 GMT",
  };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const signed =
    "/?AccessKeyId=a&Action=A&Version=1&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n&Timestamp=2026-01-02T03%3A04%3A05Z&Signature=s";
  for (const [what, text] of [
    ["escapes", "%41".repeat(100_000)],
    ["broken escapes", "%".repeat(300_000)],
    ["parameters without a value", "b&a&".repeat(75_000)],
    ["separators", "&".repeat(300_000)],
    ["slashes", "/".repeat(300_000)],
    ["non-ASCII", "中a".repeat(150_000)],
  ] as const)
    test(what, () => {
      const startedAt = performance.now();
      for (const each of [
        { method: "GET", target: `/?${text}`, headers: acs3, body: Buffer.alloc(0) },
        { method: "GET", target: `/${text}`, headers: acs3, body: Buffer.alloc(0) },
        { method: "GET", target: `/${text}?${text}`, headers: roa, body: Buffer.alloc(0) },
        { method: "POST", target: signed, headers: form, body: Buffer.from(text) },
        { method: "POST", target: "/", headers: form, body: Buffer.from(text) },
      ])
        assert.equal(authenticate(each, knowsAll, NOW_MS).ok, false);
      // A quadratic step on 300,000 characters takes minutes; all of these together take well under a second.
      assert.ok(performance.now() - startedAt < 10_000);
    });
});
