import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Slice } from "../load/load.ts";
import { figure, ratio, undisturbed } from "./compare.ts";

function slices(perSecond: readonly number[], others: readonly number[]): Slice[] {
  return perSecond.map((value, i) => ({
    perSecond: value,
    p50Us: 0,
    p99Us: 0,
    cpuUs: 0,
    others: others[i] ?? 0,
  }));
}

describe("undisturbed", () => {
  it("leaves out rounds in which anybody was disturbed", () => {
    const a = slices([1, 2, 3, 4], [0, 0.9, 0, 0]);
    const b = slices([10, 20, 30, 40], [0, 0, 0, 0]);
    const [first, second] = undisturbed([a, b]);
    assert.equal(figure(first, (slice) => slice.perSecond).n, 3);
    assert.equal(ratio(second, first, (slice) => slice.perSecond).median, 10);
  });

  it("keeps all when too few are quiet", () => {
    const a = slices([1, 2, 3], [0, 1, 1]);
    assert.deepEqual(undisturbed([a]), [a]);
  });
});
