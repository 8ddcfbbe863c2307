import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { STILL_MS, standingStill, watchLoop } from "./loop-watch.ts";

/** Works for this long without a pause, in ms of this thread's own work. */
function work(ms: number): void {
  const spent = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  const end = spent() + ms;
  while (spent() < end);
}

describe("the watch of the event loop in tests", () => {
  it("fails a test whose server kept everybody waiting, and says how long", async () => {
    const loop = watchLoop();
    await nextTurn();
    work(STILL_MS + 100);
    assert.throws(() => loop.close(), /the event loop stood still for [3-9]\d\d ms/);
  });

  it("lets work pass that yields, however long it is", async () => {
    const loop = watchLoop();
    for (let part = 0; part < 20; part++) {
      work(STILL_MS / 4);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    loop.close();
  });

  it("lets work pass for which the test says why", async () => {
    const loop = watchLoop();
    await standingStill("to see that it is let pass", () => work(STILL_MS + 100));
    loop.close();
  });

  it("does not blame a server for what was before it", async () => {
    const first = watchLoop();
    work(STILL_MS + 100);
    const second = watchLoop();
    assert.throws(() => first.close());
    second.close();
  });
});
