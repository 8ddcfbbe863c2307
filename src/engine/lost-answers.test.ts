import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { following } from "../../test/contracts/store-contract.ts";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { moodyStore } from "../../test/support/moody-store.ts";
import { defineTask } from "../core/define-task.ts";
import type { StepHandler } from "../core/step-context.ts";

const obedient = defineTask({
  type: "obedient",
  cancelGraceMs: 5_000,
  steps: { only: async (_, context) => context.sleep(60_000) },
});

async function bench() {
  const { store, mood } = await moodyStore();
  const clock = new FakeClock();
  const { engine } = await startEngine([obedient], { store, clock });
  const submit = () => engine.submit({ type: "obedient", input: {} }, caller);
  const state = async (id: string) => (await engine.get(caller.account, id)).state;
  const cancel = (id: string) => engine.cancel(caller.account, id, { by: "a", reason: "b" });
  return { engine, store, mood, clock, submit, state, cancel };
}

describe("an order that was written, but told as failed", () => {
  it("counts, and its task follows it at once", async () => {
    const { mood, submit, state, cancel } = await bench();
    const { id } = await submit();
    await settle();
    mood.writes = "loses-answers";
    assert.equal((await cancel(id)).state, "canceling");
    mood.writes = "well";
    await settle();
    assert.equal(await state(id), "canceled");
  });

  it("counts as soon as the log can be read, though nobody asks again", async () => {
    const { mood, clock, submit, state, cancel } = await bench();
    const { id } = await submit();
    await settle();
    Object.assign(mood, { writes: "loses-answers", reads: "fail" });
    await assert.rejects(cancel(id), { code: "StoreUnavailable" });
    await clock.advance(10_000);
    assert.equal(await state(id), "running");
    Object.assign(mood, { writes: "well", reads: "well" });
    await clock.advance(10_000);
    assert.equal(await state(id), "canceled");
  });

  it("is not taken for the order that follows it", async () => {
    const { engine, mood, clock, submit, state, cancel } = await bench();
    const { id } = await submit();
    await settle();
    Object.assign(mood, { writes: "loses-answers", reads: "fail" });
    const pause = () => engine.pause(caller.account, id, { by: "a", reason: "b" });
    await assert.rejects(pause(), { code: "StoreUnavailable" });
    Object.assign(mood, { writes: "refuses", reads: "well" });
    await assert.rejects(cancel(id), { code: "StoreUnavailable" });
    mood.writes = "well";
    await clock.advance(10_000);
    assert.equal(await state(id), "paused");
  });

  it("is refused if it was not written", async () => {
    const { mood, submit, state, cancel } = await bench();
    const { id } = await submit();
    await settle();
    mood.writes = "refuses";
    await assert.rejects(cancel(id), { code: "StoreUnavailable" });
    mood.writes = "well";
    assert.equal(await state(id), "running");
    assert.equal((await cancel(id)).state, "canceling");
  });
});

describe("an attempt that ends well just after it was given up", () => {
  it("is not recorded as a success without its outputs, though the store refuses that it was given up", async () => {
    const { store, mood } = await moodyStore();
    const clock = new FakeClock();
    const gate = Promise.withResolvers<{ found: number }>();
    const attempts: number[] = [];
    const type = defineTask({
      type: "late",
      steps: {
        only: {
          timeoutMs: 1_000,
          run: async (_, { attempt }) => {
            attempts.push(attempt);
            return attempt === 1 ? gate.promise : { found: attempt };
          },
        },
      },
    });
    const { engine } = await startEngine([type], { store, clock });
    const { id } = await engine.submit({ type: "late", input: {} }, caller);
    await settle();
    mood.writes = "refuses-once";
    await clock.advance(1_000);
    gate.resolve({ found: 1 });
    await settle(10);
    for (let i = 0; i < 3; i++) await clock.advance(2_000);
    const { state, outputs } = await engine.get(caller.account, id);
    assert.deepEqual([state, outputs, attempts], ["succeeded", { found: 2 }, [1, 2]]);
  });
});

describe("an order that fails while a write of a process that is gone arrives", () => {
  it("is decided anew on what that one wrote", async () => {
    const { engine, store, mood, submit, cancel } = await bench();
    const { id } = await submit();
    await settle();
    const task = await store.read(caller.account, id);
    assert.ok(task);
    const pause = { type: "PauseTask", at: task.updatedAt, by: "x", reason: "y" } as const;
    mood.writes = "refuses-once";
    const canceled = cancel(id);
    await settle(1);
    assert.equal((await store.append(following(task, pause))).outcome, "appended");
    assert.equal((await canceled).state, "canceling");
    await settle();
    assert.equal((await engine.get(caller.account, id)).state, "canceled");
  });
});

describe("a task that supersedes another one while the store takes nothing", () => {
  it("cancels it as soon as the store does", async () => {
    const { engine, mood, clock, submit, state } = await bench();
    const key = { concurrencyKey: "k" };
    const request = { type: "obedient", input: {}, ...key } as const;
    const { id: holder } = await engine.submit(request, caller);
    await settle();
    const stop = engine.onCommit((_, events) => {
      if (events[0]?.type === "TaskSubmitted") mood.writes = "refuses";
    });
    const { id } = await engine.submit({ ...request, whenBusy: "supersede" }, caller);
    stop();
    assert.deepEqual([await state(holder), await state(id)], ["running", "pending"]);
    mood.writes = "well";
    await clock.advance(2_000);
    assert.deepEqual([await state(holder), await state(id)], ["canceled", "running"]);
    assert.equal((await submit()).state, "running", "others go on");
  });
});

describe("a new task that was written, but told as failed", () => {
  it("runs as soon as the log can be read", async () => {
    const { engine, mood, clock, submit, state } = await bench();
    Object.assign(mood, { writes: "loses-answers", reads: "fail" });
    await assert.rejects(submit(), { code: "StoreUnavailable" });
    Object.assign(mood, { writes: "well", reads: "well" });
    await clock.advance(10_000);
    const [task] = (await engine.list({ account: caller.account, limit: 10 })).tasks;
    assert.ok(task);
    assert.equal(task.state, "running");
    await clock.advance(60_000);
    assert.equal(await state(task.id), "succeeded");
  });

  it("is looked for no longer than until it is known not to be there", async () => {
    const { engine, mood, clock, submit } = await bench();
    Object.assign(mood, { writes: "refuses", reads: "fail" });
    await assert.rejects(submit(), { code: "StoreUnavailable" });
    assert.equal(clock.pending, 1);
    Object.assign(mood, { writes: "well", reads: "well" });
    await clock.advance(10_000);
    assert.equal(clock.pending, 0);
    assert.equal(engine.openTasks, 0);
  });
});

describe("a step's report that cannot be written", () => {
  async function reporting(step: StepHandler) {
    const { store, mood } = await moodyStore();
    const clock = new FakeClock();
    const type = defineTask({ type: "reporting", steps: { only: step } });
    const { engine } = await startEngine([type], { store, clock });
    const { id } = await engine.submit({ type: "reporting", input: {} }, caller);
    await settle();
    return { mood, clock, task: () => engine.get(caller.account, id) };
  }

  it("goes with the step's end, even if it was under way when the handler ended", async () => {
    const gate = Promise.withResolvers<void>();
    const { mood, clock, task } = await reporting(async (_, context) => {
      await gate.promise;
      mood.writes = "refuses-once";
      context.output("kept", 1);
      await settle(2);
      return { last: 2 };
    });
    gate.resolve();
    await clock.advance(10_000);
    assert.deepEqual((await task()).outputs, { kept: 1, last: 2 });
    assert.equal((await task()).state, "succeeded");
  });

  it("is written as soon as it can be, not only with the next one", async () => {
    const { mood, clock, task } = await reporting(async (_, context) => {
      await context.sleep(1_000);
      context.progress(5_000);
      await context.sleep(60_000);
    });
    mood.writes = "refuses";
    await clock.advance(10_000);
    assert.equal((await task()).progress, 0);
    mood.writes = "well";
    await clock.advance(2_000);
    assert.equal((await task()).progress, 5_000);
  });
});

describe("a task that cannot be recovered at the start, since the store takes nothing", () => {
  for (const writes of ["refuses", "loses-answers"] as const) {
    it(`goes on when the store does (it ${writes})`, async () => {
      const first = await bench();
      const { id } = await first.submit();
      await settle();
      const { store, mood } = first;
      Object.assign(mood, { writes, reads: "fail" });
      const clock = new FakeClock(first.clock.now());
      const { engine } = await startEngine([obedient], { store, clock });
      await clock.advance(30_000);
      Object.assign(mood, { writes: "well", reads: "well" });
      await clock.advance(70_000);
      assert.equal((await engine.get(caller.account, id)).state, "succeeded");
    });
  }
});
