import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GOALS, verdict } from "./goals.ts";

describe("verdict", () => {
  it("tells target, floor and neither apart", () => {
    assert.equal(verdict(0.9, GOALS.describeUnsigned), "target met");
    assert.equal(verdict(0.7, GOALS.describeUnsigned), "met");
    assert.equal(verdict(0.6, GOALS.describeUnsigned), "missed");
  });

  it("turns round where less is better", () => {
    assert.equal(verdict(0.1, GOALS.commitsPerTask), "target met");
    assert.equal(verdict(0.3, GOALS.commitsPerTask), "met");
    assert.equal(verdict(0.5, GOALS.commitsPerTask), "missed");
  });

  it("has one bound only where issue 7 names one", () => {
    assert.equal(verdict(3.9, GOALS.verificationUs), "target met");
    assert.equal(verdict(4.1, GOALS.verificationUs), "missed");
    assert.equal(verdict(0.45, GOALS.verificationRatio), "met");
  });
});
