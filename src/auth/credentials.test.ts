import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { fc } from "../../test/support/properties.ts";
import { PreparedSecret, sameSecretText, sameSha256Hex } from "./credentials.ts";

test("the padded keys give the same HMAC as node:crypto, for secrets and texts of any kind and length", () => {
  const text = fc.string({ unit: "binary", maxLength: 90 });
  fc.assert(
    fc.property(text, text, (secret, message) => {
      const prepared = new PreparedSecret(secret);
      const hmac = (algorithm: string, key: string, encoding: "hex" | "base64") =>
        createHmac(algorithm, key).update(message).digest(encoding);
      assert.equal(prepared.signAcs3(message), hmac("sha256", secret, "hex"));
      assert.equal(prepared.signRoaV1(message), hmac("sha1", secret, "base64"));
      assert.equal(prepared.signRpcV1(message), hmac("sha1", `${secret}&`, "base64"));
    }),
  );
});

test("a prepared secret shows nothing of itself", () => {
  const secret = new PreparedSecret("TestAccessKeySecret");
  assert.equal(JSON.stringify({ secret }), '{"secret":{}}');
  assert.equal(inspect(secret, { depth: 9, showHidden: true }), "PreparedSecret {}");
});

test("comparison is of the whole text", () => {
  const a = "0".repeat(64);
  assert.ok(sameSha256Hex(a, a));
  assert.ok(!sameSha256Hex(a, `${a}0`));
  assert.ok(!sameSha256Hex(a, a.slice(1)));
  // U+0130 has the low byte of "0": comparing low bytes would take one for the other.
  assert.ok(!sameSha256Hex(a, `${a.slice(1)}\u0130`));
  assert.ok(sameSecretText("any length", "any length"));
  assert.ok(!sameSecretText("any length", "any lengtH"));
});
