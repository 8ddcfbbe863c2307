import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { PreparedSecret } from "../auth/credentials.ts";
import { signAcs3 } from "../auth/sign.ts";
import { signRequest } from "./sign.ts";

test("signs as the server's own signer does, by other means", async () => {
  const texts = fc.string({ unit: "grapheme", maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("GET", "POST"),
      fc.array(texts, { maxLength: 3 }),
      fc.dictionary(texts, texts, { maxKeys: 4 }),
      fc.option(texts, { nil: undefined }),
      fc.string({ minLength: 1, maxLength: 80 }),
      fc.option(fc.constant("a-token"), { nil: undefined }),
      async (method, path, query, body, accessKeySecret, securityToken) => {
        const url = new URL(`http://127.0.0.1:4010/v1/${path.map(encodeURIComponent).join("/")}`);
        for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
        const headers = { "content-type": "application/json", accept: "application/json" };
        const key = { accessKeyId: "LTAI-1", accessKeySecret, securityToken };
        const signed = await signRequest({ method, url, headers, body }, key);
        const { host: _, ...expected } = signAcs3({
          method,
          url,
          headers,
          ...(body !== undefined && { body }),
          key: {
            accessKeyId: "LTAI-1",
            secret: new PreparedSecret(accessKeySecret),
            ...(securityToken !== undefined && { securityToken }),
          },
          dateMs: Date.parse(signed["x-acs-date"] ?? ""),
          nonce: signed["x-acs-signature-nonce"] ?? "",
        });
        assert.deepEqual(signed, expected);
      },
    ),
    { numRuns: 60 },
  );
});

test("no two requests have the same nonce", async () => {
  const request = { method: "GET", url: new URL("http://a/"), headers: {}, body: undefined };
  const key = { accessKeyId: "a", accessKeySecret: "b" };
  const all = await Promise.all(Array.from({ length: 50 }, () => signRequest(request, key)));
  assert.equal(new Set(all.map((headers) => headers["x-acs-signature-nonce"])).size, 50);
});
