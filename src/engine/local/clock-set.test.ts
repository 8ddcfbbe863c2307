// Row 23 of issue 15: the wall clock is set while tasks wait.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { settle } from "../../../test/support/fake-clock.ts";
import { defineTask } from "../../core/define-task.ts";
import type { TaskEvent } from "../../core/events.ts";
import type { SubmitRequest } from "../task-service.ts";
import { LocalExecutor } from "./local-executor.ts";

const HOUR = 3_600_000;
const SETTINGS = [-24 * HOUR, -HOUR, HOUR, 24 * HOUR];

const quick = defineTask({ type: "quick", steps: { only: async () => {} } });
const rare = defineTask({
  type: "rare",
  startRate: { starts: 1, perMs: 10_000 },
  steps: { only: async () => {} },
});
const flaky = defineTask({
  type: "flaky",
  retry: { firstDelayMs: 5_000, jitter: 0 },
  steps: {
    only: async (_, { attempt }) => {
      if (attempt === 1) throw new Error("not yet");
    },
  },
});
const sleeper = defineTask({
  type: "sleeper",
  steps: { only: async (_, { sleep }) => sleep(5_000) },
});
const slow = defineTask({
  type: "slow",
  retry: { maxAttempts: 1 },
  steps: { only: { timeoutMs: 5_000, run: () => new Promise(() => {}) } },
});
const mute = defineTask({
  type: "mute",
  retry: { maxAttempts: 1 },
  steps: { only: { heartbeatMs: 2_000, run: () => new Promise(() => {}) } },
});
const deaf = defineTask({
  type: "deaf",
  cancelGraceMs: 5_000,
  steps: { only: () => new Promise(() => {}) },
});
const limited = defineTask({
  type: "limited",
  timeoutMs: 5_000,
  steps: { only: () => new Promise(() => {}) },
});
const TYPES = [quick, rare, flaky, sleeper, slow, mute, deaf, limited];

async function bench(maxRunning = 100) {
  const { engine, clock } = await startEngine(TYPES, {
    executor: (host) => new LocalExecutor(host, { maxRunning }),
  });
  const submit = async (type: string, more: Partial<SubmitRequest> = {}) => {
    const { id } = await engine.submit({ type, input: {}, ...more }, caller);
    await settle();
    return id;
  };
  const state = async (id: string) => (await engine.get(caller.account, id)).state;
  const events = async (taskId: string): Promise<readonly TaskEvent[]> => {
    const page = await engine.events({ account: caller.account, taskId, after: 0, limit: 100 });
    return page.flatMap((one) => one.events);
  };
  return { engine, clock, submit, state, events };
}

for (const ms of SETTINGS) {
  describe(`when the clock is set by ${ms / HOUR} h`, () => {
    const waits: readonly [string, string, Partial<SubmitRequest>, number, string][] = [
      ["the pause before the next attempt", "flaky", {}, 5_000, "succeeded"],
      ["a sleep of a step", "sleeper", {}, 5_000, "succeeded"],
      ["the time limit of an attempt", "slow", {}, 5_000, "failed"],
      ["the silence of an attempt", "mute", {}, 6_000, "failed"],
    ];
    for (const [what, type, more, takesMs, end] of waits) {
      it(`${what} is as long as it was`, async () => {
        const { clock, submit, state, events } = await bench();
        const id = await submit(type, more);
        await clock.advance(1_000);
        clock.jump(ms);
        await clock.advance(takesMs - 1_001);
        assert.notEqual(await state(id), end);
        await clock.advance(1);
        assert.equal(await state(id), end);
        const moments = (await events(id)).map(({ at }) => at);
        assert.deepEqual(
          moments,
          [...moments].sort((a, b) => a - b),
          "its log goes back in time",
        );
      });
    }

    it("the grace of a cancel is as long as it was", async () => {
      const { engine, clock, submit, state } = await bench();
      const id = await submit("deaf");
      await engine.cancel(caller.account, id, { by: "a", reason: "b" });
      await clock.advance(1_000);
      clock.jump(ms);
      await clock.advance(3_999);
      assert.equal(await state(id), "canceling");
      await clock.advance(1);
      assert.equal(await state(id), "canceled");
    });

    it("a rate lets the next task start when it would have", async () => {
      const { engine, clock, submit, state } = await bench();
      await submit("rare");
      const second = await submit("rare");
      await clock.advance(1_000);
      clock.jump(ms);
      const { reasons } = await engine.diagnose(caller.account, second);
      const rate = { code: "rate-limit", per: "type", starts: 1, perMs: 10_000 };
      assert.deepEqual(reasons, [{ ...rate, nextAt: clock.now() + 9_000 }]);
      await clock.advance(8_999);
      assert.equal(await state(second), "pending");
      await clock.advance(1);
      assert.equal(await state(second), "succeeded");
    });

    it("the higher priority starts first", async () => {
      const { clock, submit, state } = await bench(1);
      await submit("sleeper");
      const low = await submit("sleeper", { priority: 0 });
      clock.jump(ms);
      const high = await submit("sleeper", { priority: 9 });
      await clock.advance(5_000);
      assert.deepEqual([await state(low), await state(high)], ["pending", "running"]);
    });

    it("a delay and a time limit are no longer than they were", async () => {
      const { engine, clock, submit, state } = await bench();
      const delayed = await submit("quick", { delayMs: 5_000 });
      const limited = await submit("limited");
      await clock.advance(1_000);
      clock.jump(ms);
      if (ms < 0) {
        const { health, reasons } = await engine.diagnose(caller.account, delayed);
        assert.equal(health, "held");
        assert.deepEqual(reasons, [{ code: "delayed", until: clock.now() + 4_000 }]);
        await clock.advance(3_999);
        assert.deepEqual([await state(delayed), await state(limited)], ["pending", "running"]);
      }
      await clock.advance(4_000);
      assert.deepEqual([await state(delayed), await state(limited)], ["succeeded", "expired"]);
    });

    it("moments that somebody gave follow the clock", async () => {
      const { clock, submit, state } = await bench(1);
      await submit("sleeper");
      const at = clock.now() + 2_000 + Math.max(0, ms);
      const later = await submit("quick", { notBefore: at + 6_000 });
      const late = await submit("quick", { startBy: at });
      clock.jump(ms);
      await clock.advance(2_000);
      assert.equal(await state(late), ms < 0 ? "pending" : "expired");
      await clock.advance(4_000);
      assert.equal(await state(late), ms < 0 ? "succeeded" : "expired");
      assert.equal(await state(later), "pending");
      await clock.advance(ms < 0 ? -ms - 1 : 2_000);
      if (ms < 0) assert.equal(await state(later), "pending");
      await clock.advance(2_001);
      assert.equal(await state(later), "succeeded");
    });
  });
}

describe("when the clock is set back before a wait is seen", () => {
  it("no pause between attempts and no grace is longer than its type's longest", async () => {
    const { engine, clock, submit, state } = await bench();
    const again = await submit("flaky");
    const canceled = await submit("deaf");
    await engine.cancel(caller.account, canceled, { by: "a", reason: "b" });
    clock.jump(-24 * HOUR);
    // Everything is looked at again, as after a restart.
    await engine.pause(caller.account, again, { by: "a", reason: "b" });
    await engine.resume(caller.account, again, { by: "a", reason: "b" });
    await clock.advance(60_000);
    assert.deepEqual([await state(again), await state(canceled)], ["succeeded", "canceled"]);
  });
});
