import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import {
  accessCall,
  type CallChoices,
  DEFAULT_ACCOUNT,
  type Fixture,
  type MadeKey,
  OPERATOR_TOKEN,
  openFixture,
  signedCall,
} from "../../test/support/access-fixture.ts";
import { GATEWAY_RULES } from "../auth/authenticate.ts";
import type { AccessCall } from "./call.ts";

/* Capability 2: what the operator asks of signed requests beyond the vendor's gateway. */

async function said({ control }: Fixture, call: AccessCall): Promise<string> {
  const answer = await control.identify(call);
  return "code" in answer ? `${answer.status} ${answer.code}` : answer.account;
}

const hmac = (key: string, text: string) =>
  createHmac("sha1", key).update(text, "utf8").digest("base64");

let nonces = 0;

/** Signed with ROA v1; without a nonce, as the aliyun CLI sends it, unless one is given. */
function roaCall(
  key: MadeKey,
  door: Fixture,
  own: Readonly<Record<string, string>> = { "x-acs-version": "2015-12-15" },
  over: CallChoices = {},
): AccessCall {
  const headers: Record<string, string> = {
    date: new Date(door.clock.now()).toUTCString(),
    host: "cs.cn-hangzhou.aliyuncs.com",
    ...own,
  };
  const lines = Object.keys(own)
    .sort()
    .map((name) => `${name}:${own[name]}\n`);
  const target = over.target ?? "/tasks/T-1";
  const text = `GET\n\n\n\n${headers["date"]}\n${lines.join("")}${target}`;
  headers["authorization"] = `acs ${key.accessKeyId}:${hmac(key.accessKeySecret, text)}`;
  return accessCall({ ...over, headers });
}

function rpcCall(key: MadeKey, door: Fixture): AccessCall {
  const pairs = [
    ["AccessKeyId", key.accessKeyId],
    ["Action", "DescribeTask"],
    ["SignatureMethod", "HMAC-SHA1"],
    ["SignatureNonce", `rpc-${++nonces}`],
    ["SignatureVersion", "1.0"],
    ["Timestamp", `${new Date(door.clock.now()).toISOString().slice(0, 19)}Z`],
    ["Version", "2022-12-15"],
  ];
  const query = pairs.map(([name, value = ""]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const signature = hmac(`${key.accessKeySecret}&`, `GET&%2F&${encodeURIComponent(query)}`);
  const target = `/?${query}&Signature=${encodeURIComponent(signature)}`;
  return accessCall({ dialect: "lingjun", action: "DescribeTask", target });
}

describe("schemes", () => {
  test("only the named ones are accepted; the others get the answer for an unknown scheme", async () => {
    const UNKNOWN = "400 InvalidSignatureMethod";
    const all = GATEWAY_RULES.schemes;
    for (const schemes of [all, ["acs3"], ["roa-v1"], ["rpc-v1"]] as const) {
      const door = await openFixture({ signatures: { ...GATEWAY_RULES, schemes } });
      const key = await door.makeKey();
      const expected = (scheme: (typeof all)[number]) =>
        schemes.some((one) => one === scheme) ? DEFAULT_ACCOUNT : UNKNOWN;
      assert.equal(await said(door, signedCall(key, door.clock)), expected("acs3"));
      assert.equal(await said(door, roaCall(key, door)), expected("roa-v1"));
      assert.equal(await said(door, rpcCall(key, door)), expected("rpc-v1"));
    }
  });

  test("the refusal does not tell whether the key exists", async () => {
    const door = await openFixture({ signatures: { ...GATEWAY_RULES, schemes: ["acs3"] } });
    const nobody = { accessKeyId: "LTAInobody", accessKeySecret: "x", account: "1" };
    assert.equal(await said(door, roaCall(nobody, door)), "400 InvalidSignatureMethod");
    const sm3 = accessCall({ headers: { authorization: "ACS3-HMAC-SM3 Credential=a" } });
    assert.equal(await said(door, sm3), "400 InvalidSignatureMethod");
  });
});

describe("requireNonce", () => {
  test("a request without a nonce, or with an empty one, is refused", async () => {
    const door = await openFixture({ signatures: { ...GATEWAY_RULES, requireNonce: true } });
    const key = await door.makeKey();
    const refused = "400 MissingSignatureNonce";
    assert.equal(await said(door, roaCall(key, door)), refused);
    assert.equal(await said(door, signedCall(key, door.clock, { nonce: "" })), refused);
    const withNonce = { "x-acs-version": "2015-12-15", "x-acs-signature-nonce": "n-1" };
    assert.equal(await said(door, roaCall(key, door, withNonce)), DEFAULT_ACCOUNT);
    assert.equal(await said(door, roaCall(key, door, withNonce)), "400 SignatureNonceUsed");
    assert.equal(await said(door, signedCall(key, door.clock)), DEFAULT_ACCOUNT);
  });

  test("without it, a request without a nonce is let in, as at the gateway", async () => {
    const door = await openFixture();
    assert.equal(await said(door, roaCall(await door.makeKey(), door)), DEFAULT_ACCOUNT);
  });
});

test("maxClockDifferenceMs: a date that is further off is expired, in both directions", async () => {
  const door = await openFixture({
    signatures: { ...GATEWAY_RULES, maxClockDifferenceMs: 60_000 },
  });
  const key = await door.makeKey();
  const at = (skewMs: number) => said(door, signedCall(key, door.clock, { skewMs }));
  assert.equal(await at(59_000), DEFAULT_ACCOUNT);
  assert.equal(await at(-59_000), DEFAULT_ACCOUNT);
  assert.equal(await at(61_000), "400 InvalidTimeStamp.Expired");
  assert.equal(await at(-61_000), "400 InvalidTimeStamp.Expired");
});

test("requireTls: a signed request over plain HTTP is refused, from this machine too", async () => {
  const door = await openFixture({ requireTls: true });
  const key = await door.makeKey();
  const plain = "400 InvalidProtocol.NeedSsl";
  assert.equal(await said(door, signedCall(key, door.clock)), plain);
  assert.equal(await said(door, signedCall(key, door.clock, { local: true })), plain);
  assert.equal(await said(door, accessCall()), plain);
  assert.equal(await said(door, signedCall(key, door.clock, { secure: true })), DEFAULT_ACCOUNT);
  const operator = accessCall({
    dialect: "access",
    action: "ListAccessKeys",
    method: "POST",
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
    local: true,
  });
  assert.equal(await said(door, operator), DEFAULT_ACCOUNT);
});

describe("row 15: ROA v1 does not sign the host", () => {
  test("a call to a product has to name the version, or the host would choose the product", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    assert.equal(await said(door, roaCall(key, door)), DEFAULT_ACCOUNT);
    for (const headers of [{}, { "x-acs-version": "" }])
      assert.equal(await said(door, roaCall(key, door, headers)), "400 MissingVersion");
  });

  test("our own API has no version, and its paths are no product's", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const own = { dialect: "native", action: "GetTask", target: "/v1/tasks/T-1" };
    assert.equal(await said(door, roaCall(key, door, {}, own)), DEFAULT_ACCOUNT);
  });
});
