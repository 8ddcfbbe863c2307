import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runningTask, stepInterrupted, stepStarted } from "../../test/support/task-spec.ts";
import { fold } from "../core/evolve.ts";
import { recoveryTurns } from "./recovery.ts";

/** A task whose step was running at so many deaths of the process, and began last at that moment. */
function task(id: string, crashes: number, at: number) {
  const deaths = Array.from({ length: crashes }, (_, i) => [
    stepInterrupted(at, "work", "crash"),
    stepStarted(at, "work", i + 2),
  ]);
  return fold([...runningTask({ id }), ...deaths.flat()]);
}

const idsOf = (tasks: readonly { readonly id: string }[]) => tasks.map(({ id }) => id);

describe("recovery after a start", () => {
  it("is of all tasks at once, in their order, after some deaths", () => {
    const { order, gapMs } = recoveryTurns([task("a", 0, 1), task("b", 4, 9), task("c", 1, 5)]);
    assert.deepEqual([idsOf(order), gapMs], [["a", "b", "c"], 0]);
  });

  it("is one by one after more, what began last first", () => {
    const { order, gapMs } = recoveryTurns([task("a", 0, 1), task("b", 5, 9), task("c", 6, 5)]);
    assert.deepEqual([idsOf(order), gapMs], [["b", "c", "a"], 20]);
  });

  it("takes no longer than five seconds, however many there are", () => {
    const many = Array.from({ length: 1_000 }, (_, i) => task(`t-${i}`, 5, i));
    assert.equal(recoveryTurns(many).gapMs, 5);
  });
});
