import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { REFUSAL_PACE, RefusalPace } from "./refusal-pace.ts";

const { perSecond, burst, longestMs, most } = REFUSAL_PACE;

function delays(pace: RefusalPace, who: string, count: number, now: number): number[] {
  return Array.from({ length: count }, () => pace.delayMs(who, now));
}

describe("the pace of refusals", () => {
  test("given few refusals, they go out at once", () => {
    const pace = new RefusalPace();
    assert.deepEqual(new Set(delays(pace, "a", burst, 1_000)), new Set([0]));
  });

  test("given more than anybody needs, they go out one by one", () => {
    const pace = new RefusalPace();
    delays(pace, "a", burst, 1_000);
    assert.deepEqual(delays(pace, "a", 3, 1_000), [5, 10, 15]);
    assert.equal(1_000 / perSecond, 5);
  });

  test("no answer is kept back longer than an SDK waits for it", () => {
    const pace = new RefusalPace();
    const all = delays(pace, "a", 50_000, 1_000);
    assert.equal(Math.max(...all), longestMs);
    // Once they stop, the debt is not paid for longer than that, and then the burst is there again.
    assert.equal(pace.delayMs("a", 1_000 + longestMs + (burst / perSecond) * 1_000 + 5), 0);
  });

  test("given one that floods, no other waits", () => {
    const pace = new RefusalPace();
    delays(pace, "a", 10_000, 1_000);
    assert.equal(pace.delayMs("b", 1_000), 0);
  });

  test("given steady refusals below the pace, none is ever kept back", () => {
    const pace = new RefusalPace();
    for (let now = 0; now < 60_000; now += 10) assert.equal(pace.delayMs("a", now), 0);
  });

  test("given a clock that is set back, nobody waits longer than the longest", () => {
    const pace = new RefusalPace();
    delays(pace, "a", burst + 100, 1_000_000);
    assert.ok(pace.delayMs("a", 1_000) <= longestMs);
  });

  test("given more addresses than are told apart, further ones share one pace until others are forgotten", () => {
    const pace = new RefusalPace();
    for (let i = 0; i < most; i++) pace.delayMs(`10.0.0.${i}`, 1_000);
    delays(pace, "one more", burst, 1_000);
    assert.ok(pace.delayMs("another", 1_000) > 0);
    assert.equal(pace.delayMs("10.0.0.1", 1_000), 0);
    assert.equal(pace.delayMs("yet another", 1_000_000), 0);
  });
});
