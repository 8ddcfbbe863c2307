import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CountedTurns } from "../test/support/counted-turns.ts";
import { FairTurns, LONGEST_TURN_MS, Pace } from "./pace.ts";

describe("long works", () => {
  test("rest once their turn is over, and not before", async () => {
    const turns = new CountedTurns();
    const pace = new Pace("a", turns);
    let parts = 0;
    for (; turns.rests < 3; parts++) await pace.rest();
    assert.ok(parts >= 3 * LONGEST_TURN_MS, `${parts} parts`);
    assert.ok(turns.longest <= LONGEST_TURN_MS + 1, `${turns.longest} ms`);
  });

  test("have their turns one after another, and accounts before works", async () => {
    const soon: (() => void)[] = [];
    const turns = new FairTurns(
      () => 0,
      (callback) => void soon.push(callback),
    );
    const order: string[] = [];
    for (const name of ["a1", "a2", "a3", "b1"]) {
      void turns.next(name.charAt(0)).then(() => order.push(name));
    }
    const perTurn: number[] = [];
    while (soon.length > 0) {
      const before = order.length;
      soon.shift()?.();
      await Promise.resolve();
      perTurn.push(order.length - before);
    }
    assert.deepEqual(order, ["a1", "b1", "a2", "a3"]);
    assert.deepEqual(perTurn, [1, 1, 1, 1]);
  });
});
