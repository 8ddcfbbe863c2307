import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { processorTimeOf } from "../../test/support/processor-time.ts";
import { after, DIAMOND, step, submitTask } from "../../test/support/task-spec.ts";
import { checkPlan, hasSeveralSuccessors, readySteps } from "./plan.ts";
import type { PlannedStep, StepState } from "./task.ts";

describe("steps that may begin", () => {
  const ready = (...states: readonly StepState[]) => {
    const { steps } = after(undefined, submitTask(0, { steps: DIAMOND }));
    const now = steps.map((one, i) => ({ ...one, state: states[i] ?? "waiting" }));
    return readySteps(now).map(({ name }) => name);
  };

  test("are those after nothing", () => assert.deepEqual(ready(), ["a", "b"]));
  test("are those after what succeeded", () => {
    assert.deepEqual(ready("succeeded", "succeeded"), ["c"]);
    assert.deepEqual(ready("succeeded", "succeeded", "succeeded"), ["d"]);
    assert.deepEqual(ready("succeeded", "running", "succeeded"), []);
  });
  test("are waiting ones only", () => {
    for (const state of ["running", "retrying", "failed", "canceled"] as const) {
      assert.deepEqual(ready(state, state), [], state);
    }
    assert.deepEqual(ready("succeeded", "succeeded", "succeeded", "succeeded"), []);
  });
});

test("a step with several successors", () => {
  assert.equal(hasSeveralSuccessors(DIAMOND, "a"), false);
  assert.equal(hasSeveralSuccessors([...DIAMOND, step("e", ["a"])], "a"), true);
  assert.equal(hasSeveralSuccessors(DIAMOND, "d"), false);
});

describe("a plan is refused", () => {
  const refused = (steps: readonly PlannedStep[], says: RegExp, found: string) =>
    assert.throws(
      () => checkPlan(steps),
      (error: Error & { code?: string; facts?: unknown }) => {
        assert.equal(error.code, "InvalidParameter");
        assert.match(error.message, says);
        assert.deepEqual(error.facts, { parameter: "steps", found });
        return true;
      },
    );

  test("without steps", () => refused([], /at least one step/, "steps"));
  test("with a name used twice", () => refused([step("a"), step("a")], /"a" is there twice/, "a"));
  test("with a predecessor that is no step", () =>
    refused([step("a", ["ghost"])], /after "ghost", which is no step/, "a"));
  test("with a step after itself", () => refused([step("a", ["a"])], /steps a wait/, "a"));
  test("with a circle, and tells which steps are in it", () => {
    const steps = [step("z"), step("a", ["z", "c"]), step("b", ["a"]), step("c", ["b"])];
    refused(steps, /steps a, c, b wait for each other/, "a, c, b");
    refused([step("later", ["c"]), ...steps], /steps c, b, a wait/, "c, b, a");
  });
  test("with a weight that is no positive number", () => {
    for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      refused([step("a", [], { weight })], /"a" has weight .*; it must be/, "a");
    }
  });
  test("with attempts that are no positive whole number", () => {
    // Infinity would come back from the store as null: a step that is never tried again.
    for (const maxAttempts of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      refused([step("a", [], { maxAttempts })], /"a" has .* attempts; give/, "a");
    }
  });
});

test("a plan may have steps in any order", () => {
  checkPlan([step("d", ["b", "c"]), step("c", ["a"]), step("b"), step("a")]);
});

test("a long chain is checked in linear time", () => {
  const steps = Array.from({ length: 20_000 }, (_, i) =>
    step(`s${i}`, i === 0 ? [] : [`s${i - 1}`]),
  );
  for (const chain of [steps, steps.toReversed()]) {
    assert.ok(processorTimeOf(() => checkPlan(chain)) < 1_000);
  }
});
