import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { clientTypes } from "../../scripts/client-types.ts";

test("src/client/types.ts is what the schemas say; if not: npm run client-types", () => {
  assert.equal(readFileSync("src/client/types.ts", "utf8"), clientTypes());
});
