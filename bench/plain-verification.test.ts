import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PreparedSecret } from "../src/auth/credentials.ts";
import { signAcs3 } from "../src/auth/sign.ts";
import { plainAcs3 } from "./plain-verification.ts";

describe("plain ACS3 verification", () => {
  const dateMs = Date.UTC(2026, 0, 2);
  const target = "/tasks/T-1?b=2&a=%E4%B8%AD%20x";
  const headers = signAcs3({
    method: "GET",
    url: `http://localhost${target}`,
    key: { accessKeyId: "K", secret: new PreparedSecret("secret") },
    dateMs,
    nonce: "n",
  });
  const request = { method: "GET", target, headers, body: Buffer.alloc(0) };

  it("does the whole work: right signatures pass, others do not", () => {
    assert.equal(plainAcs3(request, "secret", dateMs), true);
    assert.equal(plainAcs3(request, "other", dateMs), false);
    assert.equal(plainAcs3({ ...request, target: "/tasks/T-2" }, "secret", dateMs), false);
    assert.equal(plainAcs3(request, "secret", dateMs + 3_600_000), false);
  });
});
