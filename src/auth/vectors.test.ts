import assert from "node:assert/strict";
import { test } from "node:test";
import { authenticate } from "./authenticate.ts";
import { credentialOf, lookupOf, requestOf, schemeOf, vectors } from "./fixtures.test.ts";
import { headersFromRaw } from "./request.ts";

/* Requests captured from ten official libraries, and forged ones made of them (AUTH.md §5). */

test("the file holds the 91 genuine and 33 forged requests of AUTH.md", () => {
  const genuine = vectors.filter((vector) => vector.expect === "valid").length;
  assert.deepEqual([genuine, vectors.length - genuine], [91, 33]);
});

for (const vector of vectors) {
  const nowMs = Date.parse(vector.verifyAt ?? vector.date);
  const verify = () => authenticate(requestOf(vector), lookupOf(credentialOf(vector)), nowMs);

  if (vector.expect === "valid")
    test(`accepts ${vector.name}`, () => {
      const result = verify();
      assert.ok(result.ok, JSON.stringify(result));
      assert.equal(result.scheme, schemeOf[vector.scheme]);
      assert.equal(result.credential.accessKeyId, vector.accessKeyId);
      assert.equal(result.dateMs, Date.parse(vector.date));
      assert.equal(result.nonce, vector.nonce ?? undefined);
    });
  else
    test(`refuses ${vector.name} with ${vector.expectedErrorCode}`, () => {
      const result = verify();
      assert.ok(!result.ok, "a forged request was accepted");
      assert.equal(result.code, vector.expectedErrorCode);
    });
}

test("headers read from the raw list verify as well", () => {
  for (const vector of vectors) {
    const { rawHeaders } = vector.request;
    if (vector.expect !== "valid" || !rawHeaders) continue;
    const request = { ...requestOf(vector), headers: headersFromRaw(rawHeaders) };
    const result = authenticate(request, lookupOf(credentialOf(vector)), Date.parse(vector.date));
    assert.ok(result.ok, vector.name);
  }
});
