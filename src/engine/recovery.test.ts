import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silent } from "../../test/support/engine-bench.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import {
  runningTask,
  stepInterrupted,
  stepStarted,
  taskSucceeded,
} from "../../test/support/task-spec.ts";
import { DomainError } from "../core/errors.ts";
import { fold } from "../core/evolve.ts";
import { StoreRetry } from "./memory/store-retry.ts";
import { Recovery, recoveryTurns } from "./recovery.ts";

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

describe("subtasks whose parent ended before the process died", () => {
  it("end, also if the parent of others is damaged, which is named and not read again (issue 15)", async () => {
    const clock = new FakeClock();
    const [errors, reads, canceled]: [object[], string[], string[]] = [[], [], []];
    const ended = (id: string) => fold([...runningTask({ id }), taskSucceeded(9)]);
    const recovery = new Recovery({
      clock,
      log: { ...silent, error: (facts) => errors.push(facts as object) },
      retry: new StoreRetry(clock),
      typeOf: () => undefined,
      tasks: {
        outline: () => undefined,
        get: async (_, id) => {
          reads.push(id);
          if (id === "good") return ended(id);
          throw new DomainError("StoreUnavailable", "damaged", { damaged: "a row" });
        },
        handle: async (id) => {
          canceled.push(id);
          return ended(id);
        },
        room: {
          isFree: () => true,
          reserve() {},
          standing: () => ({ held: 0, bytes: 0 }) as never,
        },
      },
    });
    for (const [id, taskId] of [
      ["a", "bad"],
      ["b", "good"],
      ["c", "bad"],
    ] as const) {
      recovery.note(fold(runningTask({ id, parent: { taskId, step: "work" } as never })));
    }
    await recovery.endOrphans();
    await settle();
    await clock.advance(10_000);
    assert.deepEqual([reads, canceled, clock.pending], [["bad", "good"], ["b"], 0]);
    const [{ error: _, ...named }] = errors as [Record<string, unknown>];
    assert.deepEqual(named, { parentId: "bad", subtasks: 2, taskIds: ["a", "c"] });
  });
});
