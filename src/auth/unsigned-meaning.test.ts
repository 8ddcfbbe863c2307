import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { authenticate } from "./authenticate.ts";
import { lookupOf, NOW_MS, OWN, signedRequest } from "./fixtures.test.ts";
import { MEANING_HEADERS } from "./header-rules.ts";
import type { AuthRequest } from "./request.ts";

/*
 * Row 15: what somebody on the way can add to or change in a signed request without breaking its signature must not change
 * what the request means.
 */

const SECRET = "OwnTestSecret";

function outcome(request: AuthRequest): string {
  const result = authenticate(request, lookupOf(OWN), NOW_MS);
  return result.ok ? "accepted" : `${result.code}: ${result.reason}`;
}

const hmac = (key: string, text: string) =>
  createHmac("sha1", key).update(text, "utf8").digest("base64");

/** `GET /tasks/T-1`, signed with ROA v1 from its description. */
function roa(headers: Readonly<Record<string, string>> = {}): AuthRequest {
  const all: Record<string, string> = {
    accept: "application/json",
    date: new Date(NOW_MS).toUTCString(),
    host: "cs.cn-hangzhou.aliyuncs.com",
    "x-acs-version": "2015-12-15",
    ...headers,
  };
  const own = Object.keys(all).filter((name) => name.startsWith("x-acs-"));
  const lines = own.sort().map((name) => `${name}:${all[name]}\n`);
  const text = `GET\n${all["accept"]}\n\n${all["content-type"] ?? ""}\n${all["date"]}\n${lines.join("")}/tasks/T-1`;
  all["authorization"] = `acs ${OWN.accessKeyId}:${hmac(SECRET, text)}`;
  return { method: "GET", target: "/tasks/T-1", headers: all, body: new Uint8Array(0) };
}

type Pair = readonly [string, string];

const COMMON: readonly Pair[] = [
  ["AccessKeyId", OWN.accessKeyId],
  ["Action", "RebootNodes"],
  ["Version", "2022-12-15"],
  ["SignatureMethod", "HMAC-SHA1"],
  ["SignatureVersion", "1.0"],
  ["SignatureNonce", "n-1"],
  ["Timestamp", "2026-01-02T03:04:05Z"],
];

const written = (pairs: readonly Pair[]) =>
  pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");

/** An RPC v1 request whose signature is in the query. */
function rpc(
  query: readonly Pair[],
  form: readonly Pair[] = [],
  headers: AuthRequest["headers"] = {},
): AuthRequest {
  const pairs = [...COMMON, ...query, ...form].map((pair) => written([pair])).sort();
  const text = `POST&%2F&${encodeURIComponent(pairs.join("&"))}`;
  const signature: Pair = ["Signature", hmac(`${SECRET}&`, text)];
  return {
    method: "POST",
    target: `/?${written([...COMMON, ...query, signature])}`,
    headers: {
      host: "eflo-controller.cn-hangzhou.aliyuncs.com",
      ...(form.length > 0 && { "content-type": "application/x-www-form-urlencoded" }),
      ...headers,
    },
    body: Buffer.from(written(form)),
  };
}

function withHeader(request: AuthRequest, name: string, value: string | string[]): AuthRequest {
  return { ...request, headers: { ...request.headers, [name]: value } };
}

describe("row 15: a header that changes the meaning of a signed request", () => {
  test("the requests of these tests are accepted as they are", () => {
    for (const request of [signedRequest(), roa(), rpc([]), rpc([["a", "1"]], [["b", "2"]])])
      assert.equal(outcome(request), "accepted");
  });

  for (const name of MEANING_HEADERS)
    test(`${name}, added after signing, is refused`, () => {
      for (const value of ["1", "", ["1", "2"]])
        assert.match(outcome(withHeader(signedRequest(), name, value)), /: meaning-not-signed$/);
      if (name === "content-type") return;
      for (const value of ["1", "", ["1", "2"]])
        for (const request of [roa(), rpc([])])
          assert.match(outcome(withHeader(request, name, value)), /: meaning-not-signed$/);
    });

  test("content-type, added after signing with ROA v1, is refused because that scheme signs it", () => {
    assert.match(outcome(withHeader(roa(), "content-type", "text/plain")), /wrong-signature$/);
    assert.match(outcome(withHeader(roa(), "content-type", ["a", "b"])), /repeated-header$/);
    assert.equal(outcome(roa({ "content-type": "text/plain" })), "accepted");
  });

  test("signed with ACS3 it is accepted, and our own signer signs it", () => {
    for (const name of MEANING_HEADERS) {
      const headers = { [name]: "1" };
      const request = signedRequest({ headers, method: "POST", body: "{}" });
      assert.equal(outcome(request), "accepted");
      assert.match(String(request.headers["authorization"]), new RegExp(`[;=]${name}[;,]`));
      assert.match(outcome(withHeader(request, name, "2")), /wrong-signature/);
      assert.match(outcome(withHeader(request, name, ["1", "1"])), /repeated-header/);
    }
  });

  test("the refusal names the header and says what to do", () => {
    const result = authenticate(
      withHeader(signedRequest(), "prefer", "wait=9"),
      lookupOf(OWN),
      NOW_MS,
    );
    assert.ok(!result.ok);
    assert.match(result.message, /^Specified signature does not match our calculation\. prefer: /);
  });

  test("a form of RPC v1 cannot be declared to be something else", () => {
    const request = rpc([], [["ClusterId", "i1"]]);
    assert.equal(outcome(request), "accepted");
    for (const type of ["application/json", "text/plain", "application/octet-stream", undefined]) {
      const headers = { ...request.headers, "content-type": type };
      assert.match(outcome({ ...request, headers }), /^SignatureDoesNotMatch/, type);
    }
    const twice = withHeader(request, "content-type", [
      "application/x-www-form-urlencoded",
      "application/json",
    ]);
    assert.match(outcome(twice), /^SignatureDoesNotMatch/);
  });
});

describe("row 15: what can be moved within a signed request", () => {
  test("two values of one name cannot change places: the order is not signed, and the first counts", () => {
    const url = "http://127.0.0.1/tasks?ids=a&ids=b";
    for (const target of ["/tasks?ids=a&ids=b", "/tasks?ids=b&ids=a"])
      assert.equal(
        outcome({ ...signedRequest({ url }), target }),
        "SignatureDoesNotMatch: repeated-parameter",
      );
    const equal = signedRequest({ url: "http://127.0.0.1/tasks?ids=a&ids=a" });
    assert.equal(outcome(equal), "accepted");
  });

  test("a parameter of the form cannot be moved before the one of the query", () => {
    const both = rpc([["ClusterId", "i1"]], [["ClusterId", "i2"]]);
    assert.equal(outcome(both), "SignatureDoesNotMatch: repeated-parameter");
    const equal = rpc([["ClusterId", "i1"]], [["ClusterId", "i1"]]);
    assert.equal(outcome(equal), "accepted");
  });

  test("parameters cannot be hidden in a name: `a=1&b=2` is not `a%3D1%26b=2`", () => {
    const request = signedRequest({ url: "http://127.0.0.1/clusters/c1?retain=true&spare=true" });
    assert.equal(outcome(request), "accepted");
    const hidden = { ...request, target: "/clusters/c1?retain%3Dtrue%26spare=true" };
    assert.match(outcome(hidden), /wrong-signature/);
    const valueless = signedRequest({ url: "http://127.0.0.1/clusters/c1?retain=" });
    const asName = { ...valueless, target: "/clusters/c1?retain%3D=" };
    assert.match(outcome(asName), /wrong-signature/);
  });
});

describe("row 15: ROA v1 signs a body only by Content-MD5", () => {
  test("a body at /, whose parameters would choose the operation, needs one", () => {
    const headers: Record<string, string> = {
      accept: "",
      date: new Date(NOW_MS).toUTCString(),
      host: "eflo-controller.cn-hangzhou.aliyuncs.com",
      "content-type": "application/x-www-form-urlencoded",
      "x-acs-version": "2022-12-15",
    };
    const body = Buffer.from("Action=DeleteCluster&ClusterId=i1");
    const signedWith = (md5: string): AuthRequest => {
      const { accept, date } = headers;
      const text = `POST\n${accept}\n${md5}\n${headers["content-type"]}\n${date}\nx-acs-version:2022-12-15\n/`;
      const authorization = `acs ${OWN.accessKeyId}:${hmac(SECRET, text)}`;
      const all = { ...headers, authorization, ...(md5 !== "" && { "content-md5": md5 }) };
      return { method: "POST", target: "/", headers: all, body };
    };
    assert.match(outcome(signedWith("")), /^ContentMD5NotMatched/);
    const md5 = createHash("md5").update(body).digest("base64");
    assert.equal(outcome(signedWith(md5)), "accepted");
  });
});

describe("the signature itself", () => {
  test("an Authorization that is sent twice proves nothing, with a signature in the query neither", () => {
    for (const request of [signedRequest(), roa()]) {
      const own = String(request.headers["authorization"]);
      for (const other of [own, "Bearer x", ""])
        assert.match(
          outcome(withHeader(request, "authorization", [own, other])),
          /^IncompleteSignature/,
        );
    }
    const besides = withHeader(rpc([]), "authorization", ["acs a:b", "acs c:d"]);
    assert.match(outcome(besides), /^IncompleteSignature/);
  });

  test("a signature for GET is none for HEAD", () => {
    assert.match(outcome({ ...signedRequest(), method: "HEAD" }), /wrong-signature/);
    assert.match(outcome({ ...roa(), method: "HEAD" }), /wrong-signature/);
  });

  test("a hash of the body that is none, or of another body, is refused", () => {
    const hash = "x-acs-content-sha256";
    for (const value of ["UNSIGNED-PAYLOAD", "", "0".repeat(64)]) {
      const request = signedRequest({ method: "POST", body: "{}" });
      assert.match(outcome(withHeader(request, hash, value)), /^SignatureDoesNotMatch/);
    }
    assert.match(outcome({ ...signedRequest(), body: Buffer.from("{}") }), /^SignatureDoesNot/);
  });

  test("a key id is compared exactly", () => {
    const { accessKeyId } = OWN;
    for (const id of [
      ` ${accessKeyId}`,
      `${accessKeyId} `,
      accessKeyId.toLowerCase(),
      "__proto__",
    ]) {
      const request = signedRequest({ key: { ...OWN, accessKeyId: id } });
      assert.match(outcome(request), /^(InvalidAccessKeyId.NotFound|IncompleteSignature)/, id);
    }
  });

  test("a path with a dot or a slash more is another path", () => {
    const request = signedRequest({ url: "http://127.0.0.1/tasks/T-1" });
    for (const target of [
      "/tasks/./T-1",
      "//tasks/T-1",
      "/tasks//T-1",
      "/tasks/T-1/",
      "/tasks%2FT-1",
    ])
      assert.match(outcome({ ...request, target }), /wrong-signature/, target);
  });

  test("a token that is sent in the query, or unsigned, counts for nothing", () => {
    const request = signedRequest({ url: "http://127.0.0.1/tasks/T-1" });
    const added = withHeader(request, "x-acs-security-token", "t");
    assert.match(outcome(added), /^SignatureDoesNotMatch/);
    const inQuery = { ...request, target: "/tasks/T-1?SecurityToken=t" };
    assert.match(outcome(inQuery), /^SignatureDoesNotMatch/);
  });
});
