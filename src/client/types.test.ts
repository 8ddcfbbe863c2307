import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { clientTypes, webhookTypes } from "../../scripts/client-types.ts";
import { KNOWN_PRODUCTS_FILE, knownProducts } from "../../scripts/known-products.ts";

test("src/client/types.ts is what the schemas say; if not: npm run client-types", () => {
  assert.equal(readFileSync("src/client/types.ts", "utf8"), clientTypes());
});

test("src/client/webhook-types.ts is what the schemas say; if not: npm run client-types", () => {
  assert.equal(readFileSync("src/client/webhook-types.ts", "utf8"), webhookTypes());
});

test("src/client/known-products.ts is what the dialects say; if not: npm run client-types", () => {
  assert.equal(readFileSync(KNOWN_PRODUCTS_FILE, "utf8"), knownProducts());
});
