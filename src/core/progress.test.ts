import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, step, submitTask } from "../../test/support/task-spec.ts";
import { clampProgress, weightedProgress } from "./plan.ts";
import type { Step } from "./task.ts";

describe("progress of a step", () => {
  const cases = [
    [0, 0],
    [-0, 0],
    [-5, 0],
    [0.9, 0],
    [1, 1],
    [1234.9, 1234],
    [9_999, 9_999],
    [9_999.5, 9_999],
    [10_000, 9_999],
    [1e308, 9_999],
    // Not numbers that the store can keep: what `done / 0` gives.
    [Number.POSITIVE_INFINITY, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.NaN, 0],
  ] as const;
  for (const [told, kept] of cases) {
    test(`${told} is kept as ${kept}`, () => assert.equal(clampProgress(told), kept));
  }
});

describe("progress of a task", () => {
  const { steps } = after(
    undefined,
    submitTask(0, { steps: [step("small"), step("big", [], { weight: 3 })] }),
  );
  const progress = (small: Partial<Step>, big: Partial<Step>) =>
    weightedProgress(steps.map((one, i) => ({ ...one, ...(i === 0 ? small : big) })));

  test("counts a step by its weight", () => {
    assert.equal(progress({ progress: 4_000 }, {}), 1_000);
    assert.equal(progress({}, { progress: 4_000 }), 3_000);
  });
  test("counts a step that succeeded as whole, whatever it told", () => {
    assert.equal(progress({ state: "succeeded" }, {}), 2_500);
    assert.equal(progress({}, { state: "succeeded", progress: 3 }), 7_500);
  });
  test("is a whole number", () => {
    assert.equal(progress({ progress: 3 }, {}), 0);
    assert.equal(progress({ progress: 3 }, { progress: 2 }), 2);
  });
  test("is never complete: that is for the end to say", () => {
    assert.equal(progress({ state: "succeeded" }, { state: "succeeded" }), 9_999);
  });
  test("of no steps is none", () => assert.equal(weightedProgress([]), 0));
});
