import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pairedRatios, percentile, spread } from "./stats.ts";

describe("stats", () => {
  it("finds the middle and the ends", () => {
    assert.deepEqual(spread([5, 1, 3]), { median: 3, min: 1, max: 5, n: 3 });
    assert.equal(spread([1, 2, 3, 4]).median, 2.5);
  });

  it("refuses to speak of nothing", () => {
    assert.throws(() => spread([]), /no values/);
  });

  it("reads percentiles between two values", () => {
    assert.equal(percentile([10], 99), 10);
    assert.equal(percentile([0, 10], 50), 5);
    assert.equal(percentile([0, 1, 2, 3, 4], 75), 3);
  });

  it("compares round by round", () => {
    assert.deepEqual(pairedRatios([2, 9], [1, 3]), [2, 3]);
    assert.deepEqual(pairedRatios([2, 9], [1]), [2]);
  });
});
