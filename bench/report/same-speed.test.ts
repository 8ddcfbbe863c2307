import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atSameSpeed, type Quarter } from "./same-speed.ts";

/** A quarter of a second on a core where the work takes so long. */
const at = (us: number, perSecond: number): Quarter => ({ perSecond, workUs: [us, us, us] });
const many = (count: number, quarter: Quarter) => Array.from({ length: count }, () => quarter);

describe("atSameSpeed", () => {
  it("compares only quarters of the same speed", () => {
    const alone = [...many(6, at(400, 30_000)), ...many(6, at(600, 20_000))];
    const beside = [...many(2, at(404, 27_000)), ...many(9, at(598, 18_000))];
    const found = atSameSpeed(beside, alone);
    assert.equal(found?.median, 0.9);
    assert.equal(found?.n, 11);
  });

  it("leaves out a quarter in which the speed changed, and a speed that the other never had", () => {
    const alone = many(6, at(400, 30_000));
    const changed = { perSecond: 1, workUs: [400, 400, 600, 600] };
    const beside = [...many(4, at(400, 30_000)), changed, at(600, 1), { perSecond: 1, workUs: [] }];
    assert.deepEqual(atSameSpeed(beside, alone), { median: 1, min: 1, max: 1, n: 4 });
  });

  it("tells the middle half of the quarters", () => {
    const beside = [10, 20, 30, 40, 50].map((value) => at(400, value));
    assert.deepEqual(atSameSpeed(beside, many(4, at(400, 100))), {
      median: 0.3,
      min: 0.2,
      max: 0.4,
      n: 5,
    });
  });

  it("tells nothing of too few", () => {
    const quarters = many(3, at(400, 1));
    assert.equal(atSameSpeed(quarters, many(9, at(400, 1))), undefined);
    assert.equal(atSameSpeed(many(9, at(400, 1)), quarters), undefined);
  });
});
