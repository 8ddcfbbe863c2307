import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCKED_MS, watchEventLoop } from "./event-loop-watch.ts";

test("a process that stood still says for how long, once, and one that is merely busy says nothing", (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const told: unknown[] = [];
  let now = 0;
  const watch = watchEventLoop({ warn: (facts: unknown) => void told.push(facts) }, () => now);
  const beat = (ms: number) => {
    now += ms;
    context.mock.timers.tick(500);
  };
  beat(500);
  beat(500 + BLOCKED_MS);
  assert.deepEqual(told, []);
  beat(500 + BLOCKED_MS + 1);
  beat(90_500);
  beat(500);
  assert.deepEqual(told, [{ stalledMs: BLOCKED_MS + 1 }, { stalledMs: 90_000 }]);
  watch.stop();
  beat(90_500);
  assert.equal(told.length, 2);
});
