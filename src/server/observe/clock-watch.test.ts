import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { ClockWatch } from "./clock-watch.ts";

test("a clock that is set is told, counted and shown (row 23 of issue 15)", async () => {
  const clock = new FakeClock();
  const told: unknown[] = [];
  const watch = new ClockWatch(clock, {
    warn: (facts: object, message: string) => void told.push([facts, message.split(":")[0]]),
  }).start();
  const shown = async () =>
    (
      await Promise.all(watch.families.map(async (one) => ("read" in one ? one.read() : [])))
    ).flatMap((readings) => readings.map(({ value }) => value));
  await clock.advance(60_000);
  clock.jump(499);
  await clock.advance(60_000);
  assert.deepEqual([told, watch.jumps, await shown()], [[], undefined, [0, 0]]);
  clock.jump(-3_600_000);
  await clock.advance(1_000);
  const first = clock.now();
  assert.deepEqual(watch.jumps, { count: 1, lastMs: -3_600_000, lastAt: first });
  clock.jump(86_400_000);
  await clock.advance(5_000);
  assert.deepEqual(told, [
    [{ jumpMs: -3_600_000 }, "the clock was set back"],
    [{ jumpMs: 86_400_000 }, "the clock was set forward, or the machine slept"],
  ]);
  assert.deepEqual(await shown(), [2, 86_400]);
  watch.stop();
  assert.equal(clock.pending, 0);
});
