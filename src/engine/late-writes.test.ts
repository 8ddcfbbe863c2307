import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { moodyStore } from "../../test/support/moody-store.ts";
import { defineTask } from "../core/define-task.ts";
import type { TaskEvent } from "../core/events.ts";
import type { Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { LocalExecutor } from "./local/local-executor.ts";
import type { SubmitRequest } from "./task-service.ts";

const quick = defineTask({ type: "quick", steps: { only: async () => {} } });

const onceMore = defineTask({
  type: "once-more",
  retry: { firstDelayMs: 1_000, jitter: 0 },
  steps: {
    only: async (_, { attempt }) => {
      if (attempt === 1) throw new Error("not yet");
    },
  },
});

async function bench(...types: readonly TaskType[]) {
  const { store, mood } = await moodyStore();
  const clock = new FakeClock();
  const began = clock.now();
  const { engine } = await startEngine(types, { store, clock });
  const submit = async (type: string, more: Partial<SubmitRequest> = {}) => {
    const task = await engine.submit({ type, input: {}, ...more }, caller);
    await settle();
    return task.id;
  };
  const task = (id: string) => engine.get(caller.account, id);
  /** Names of the task's events, with the ms since the test began. */
  const log = async (taskId: string) => {
    const page = await engine.events({ account: caller.account, taskId, after: 0, limit: 100 });
    return page
      .flatMap(({ events }) => events)
      .map((event: TaskEvent) => [event.type, event.at - began] as const);
  };
  return { engine, store, mood, clock, began, submit, task, log };
}

describe("a command that is tried again when the store is back (row 12 of issue 15)", () => {
  it("starts no task after its startBy", async () => {
    const { mood, clock, began, submit, task, log } = await bench(quick);
    const id = await submit("quick", { delayMs: 1_000, startBy: began + 3_000 });
    mood.writes = "refuses";
    await clock.advance(5_500);
    mood.writes = "well";
    await clock.advance(10_000);
    assert.equal((await task(id)).state, "expired");
    const events = await log(id);
    assert.deepEqual(
      events.map(([type]) => type),
      ["TaskSubmitted", "TaskExpired"],
    );
    assert.ok((events[1]?.[1] ?? 0) > 5_500, `it is logged when it was decided: ${events}`);
  });

  it("begins no attempt after finishBy", async () => {
    const { mood, clock, began, submit, task, log } = await bench(onceMore);
    const id = await submit("once-more", { finishBy: began + 3_000 });
    mood.writes = "refuses";
    await clock.advance(5_500);
    mood.writes = "well";
    await clock.advance(10_000);
    assert.equal((await task(id)).state, "expired");
    const attempts = (await log(id)).filter(([type]) => type === "StepStarted");
    assert.equal(attempts.length, 1);
  });

  it("is logged at the moment of the try that was written, with the whole pause or grace after it", async () => {
    const grace = defineTask({
      type: "grace",
      cancelGraceMs: 4_000,
      steps: { only: async (_, { subtask }) => void (await subtask(CHILD)) },
    });
    const deaf = defineTask({
      type: "deaf",
      cancelGraceMs: 0,
      steps: { only: () => new Promise(() => {}) },
    });
    const slowToFail = defineTask({
      type: "slow-to-fail",
      retry: { firstDelayMs: 1_000, jitter: 0 },
      steps: {
        only: async (_, { attempt, sleep }) => {
          await sleep(1_000);
          if (attempt === 1) throw new Error("not yet");
        },
      },
    });
    const { engine, mood, clock, began, submit, task, log } = await bench(grace, deaf, slowToFail);
    const flaky = await submit("slow-to-fail");
    const parent = await submit("grace");
    const [child = ""] = (await task(parent)).steps[0]?.subtasks?.map(({ id }) => id) ?? [];
    engine.onCommit(({ id }, events) => {
      if (id === parent && events[0]?.type === "CancelRequested") mood.writes = "refuses";
    });
    await engine.cancel(caller.account, parent, { by: "a", reason: "b" });
    await clock.advance(20_000);
    mood.writes = "well";
    await clock.advance(5_000);
    const cancel = (await task(child)).cancel;
    assert.ok(cancel, "the subtask is told to stop");
    assert.ok(cancel.at >= began + 20_000, `it is logged at ${cancel.at - began}`);
    assert.equal(cancel.deadline - cancel.at, 4_000);
    const failed = (await log(flaky)).find(([type]) => type === "StepFailed")?.[1] ?? 0;
    const again = (await log(flaky)).filter(([type]) => type === "StepStarted")[1]?.[1] ?? 0;
    assert.ok(failed >= 20_000 && again - failed >= 1_000, `${failed}, ${again}`);
  });
});

const CHILD = { key: "c", type: "deaf", input: {} };

describe("a command that waits for another one of its task (row 12 of issue 15)", () => {
  it("is decided when its turn comes: no attempt begins after finishBy", async () => {
    const gate = Promise.withResolvers<void>();
    const forked = defineTask({
      type: "forked",
      retry: { firstDelayMs: 1_000, jitter: 0 },
      steps: {
        flaky: {
          after: [],
          run: async (_, { attempt }) => {
            if (attempt === 1) throw new Error("not yet");
          },
        },
        talks: {
          after: [],
          run: async (_, { sleep, progress }) => {
            await sleep(900);
            progress(1_000);
            await gate.promise;
          },
        },
      },
    });
    const { mood, clock, began, submit, task, log } = await bench(forked);
    const id = await submit("forked", { finishBy: began + 3_000 });
    const disk = Promise.withResolvers<void>();
    mood.until = disk.promise; // the report of the first second hangs, and the retry waits behind it
    await clock.advance(4_000);
    disk.resolve();
    await settle();
    const attempts = (await log(id)).filter(([type]) => type === "StepStarted");
    assert.equal(attempts.length, 2, "each step began once");
    assert.equal((await task(id)).state, "expired");
    gate.resolve();
  });
});

describe("a deadline that passed while the store was away, before the clock was set back", () => {
  it("counts when the clock comes to it again (row 12 of issue 15)", async () => {
    const { engine, mood, clock, began, submit, task } = await bench(quick);
    const id = await submit("quick", { delayMs: 60_000, startBy: began + 3_000 });
    const disk = Promise.withResolvers<void>();
    Object.assign(mood, { until: disk.promise, writes: "refuses-once" });
    const canceled = engine.cancel(caller.account, id, { by: "a", reason: "b" });
    await clock.advance(4_000); // the deadline waits behind the cancel
    clock.jump(-3_000);
    disk.resolve();
    await assert.rejects(canceled, { code: "StoreUnavailable" });
    await settle();
    assert.equal((await task(id)).state, "pending", "by the clock it has time left");
    await clock.advance(2_500);
    assert.equal((await task(id)).state, "expired");
  });

  it("holds no slot for a task whose start came too early after all (row 12 of issue 15)", async () => {
    const { store, mood } = await moodyStore();
    const clock = new FakeClock();
    const { engine } = await startEngine([quick], {
      store,
      clock,
      executor: (host) => new LocalExecutor(host, { maxRunning: 1 }),
    });
    const submit = (more = {}) => engine.submit({ type: "quick", input: {}, ...more }, caller);
    const state = async ({ id }: Task) => (await engine.get(caller.account, id)).state;
    const delayed = await submit({ notBefore: clock.now() + 2_000 });
    const disk = Promise.withResolvers<void>();
    Object.assign(mood, { until: disk.promise, writes: "refuses-once" });
    const cancel = { by: "a", reason: "b" };
    const canceled = engine.cancel(caller.account, delayed.id, cancel);
    await clock.advance(3_000); // the start waits behind the cancel
    clock.jump(-3_000);
    disk.resolve();
    await assert.rejects(canceled, { code: "StoreUnavailable" });
    await settle();
    const other = await submit();
    await settle();
    assert.deepEqual([await state(delayed), await state(other)], ["pending", "succeeded"]);
    await clock.advance(2_000);
    assert.equal(await state(delayed), "succeeded");
  });
});
