import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkpointPages, PAGE_BYTES } from "./connection.ts";

describe("the write-ahead log", () => {
  it("may have 32 MB, a sixteenth of a disk with little space, and half a MB in any case", () => {
    const longest = (free: number) => checkpointPages(free) * PAGE_BYTES;
    assert.equal(longest(1e12), 4_000 * 8_192);
    assert.equal(longest(160 * 2 ** 20), 10 * 2 ** 20);
    assert.equal(longest(0), 512 * 1_024);
  });
});
