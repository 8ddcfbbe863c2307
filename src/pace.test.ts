import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CountedTurns } from "../test/support/counted-turns.ts";
import { FairTurns, LONGEST_TURN_MS, Pace, walk } from "./pace.ts";

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

  test("share the time of a turn: a thousand that begin together have no more of it than one (row 1)", async () => {
    let now = 0;
    const soon: (() => void)[] = [];
    const turns = new FairTurns(
      () => now,
      (callback) => void soon.push(callback),
    );
    let longest = 0;
    let ended = 0;
    const work = async () => {
      const pace = new Pace("a", turns);
      for (let part = 0; part < 10; part++) {
        const rest = pace.rest();
        if (rest !== undefined) await rest;
        now += 0.5;
      }
      ended += 1;
    };
    for (let i = 0; i < 1_000; i++) void work();
    for (let before = 0; soon.length > 0; before = now) {
      await new Promise((resolve) => setImmediate(resolve));
      longest = Math.max(longest, now - before);
      before = now;
      soon.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
      longest = Math.max(longest, now - before);
    }
    assert.equal(ended, 1_000);
    assert.ok(longest <= LONGEST_TURN_MS + 0.5, `${longest} ms in one turn`);
  });
});

describe("a walk", () => {
  test("visits every item of every page once, and rests between pages and items", async () => {
    const turns = new CountedTurns();
    const visited: number[] = [];
    const read = async (from: number) => ({
      items: Array.from({ length: 10 }, (_, i) => from + i),
      next: from + 10 < 1_000 ? from + 10 : undefined,
    });
    await walk(new Pace("a", turns), 0, read, (item) => void visited.push(item));
    assert.deepEqual(
      visited,
      Array.from({ length: 1_000 }, (_, i) => i),
    );
    assert.ok(turns.longest <= LONGEST_TURN_MS + 1, `${turns.longest} parts without a rest`);
  });

  test("ends where the visitor wants no more, at once or later, and reads no further", async () => {
    for (const enough of [false, Promise.resolve(false)]) {
      let reads = 0;
      const visited: number[] = [];
      const read = async () => ({ items: [reads++, 7, 8], next: 0 });
      await walk(new Pace("a"), 0, read, (item) => {
        visited.push(item);
        return item === 7 ? enough : undefined;
      });
      assert.deepEqual([visited, reads], [[0, 7], 1]);
    }
  });

  test("waits for what it did with an item before it goes on to the next", async () => {
    let underWay = 0;
    const read = async () => ({ items: [1, 2, 3], next: undefined });
    await walk(new Pace("a"), 0, read, async () => {
      assert.equal(++underWay, 1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    });
  });
});
