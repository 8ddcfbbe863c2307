import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { settle } from "../../../test/support/fake-clock.ts";
import { defineTask } from "../../core/define-task.ts";
import type { StepContext } from "../../core/step-context.ts";
import type { TaskType, TaskTypeDefinition } from "../../core/task-type.ts";
import type { Engine } from "../engine.ts";
import type { SubmitRequest } from "../task-service.ts";

/** How many tasks of a type work at once: between two of its own waits for subtasks. */
class Meter {
  now = 0;
  most = 0;
  starts: number[] = [];

  enter(context: StepContext): void {
    this.starts.push(context.now());
    this.now += 1;
    this.most = Math.max(this.most, this.now);
  }

  leave(): void {
    this.now -= 1;
  }
}

/** Works for a second; as many at once as the meter saw. */
function limited(meter: Meter, limits: Partial<TaskTypeDefinition>): TaskType {
  return defineTask({
    type: "limited",
    steps: {
      only: async (_, context) => {
        meter.enter(context);
        await context.sleep(1_000);
        meter.leave();
      },
    },
    ...limits,
  });
}

/** Asks for subtasks of a type, all at once. */
function fan(type: string, count: number): TaskType {
  return defineTask({
    type: "fan",
    steps: {
      only: async (_, { subtask }) => {
        const keys = Array.from({ length: count }, (_, n) => `s-${n}`);
        await Promise.all(keys.map((key) => subtask({ key, type, input: {} })));
      },
    },
  });
}

async function stateOf(engine: Engine, { id }: { readonly id: string }) {
  return (await engine.get(caller.account, id)).state;
}

function submit(engine: Engine, type: string, more: Partial<SubmitRequest> = {}) {
  return engine.submit({ type, input: {}, ...more }, caller);
}

describe("row 14: limits hold for every way a task can start", () => {
  it("for subtasks: those of one step run one at a time, in order, and the step goes on", async () => {
    const meter = new Meter();
    const { engine, clock } = await startEngine([
      limited(meter, { maxRunning: 1 }),
      fan("limited", 6),
    ]);
    const parent = await submit(engine, "fan");
    await settle();
    const { tasks } = await engine.list({
      account: caller.account,
      parentId: parent.id,
      limit: 9,
    });
    assert.equal(tasks.filter(({ state }) => state === "running").length, 1);
    const waiting = tasks.find(({ state }) => state === "pending");
    const { reasons } = await engine.diagnose(caller.account, waiting?.id ?? "");
    assert.deepEqual(reasons, [{ code: "type-limit", type: "limited", running: 1, limit: 1 }]);
    await clock.advance(6_000);
    assert.deepEqual([await stateOf(engine, parent), meter.most], ["succeeded", 1]);
  });

  it("for subtasks: how often they start, and how many one account runs", async () => {
    const meter = new Meter();
    const startRate = { starts: 1, perMs: 10_000 };
    const rated = await startEngine([limited(meter, { startRate }), fan("limited", 3)]);
    const began = rated.clock.now();
    const parent = await submit(rated.engine, "fan");
    await rated.clock.advance(30_000);
    assert.deepEqual(
      meter.starts.map((at) => at - began),
      [0, 10_000, 20_000],
    );
    assert.equal(await stateOf(rated.engine, parent), "succeeded");
    const own = new Meter();
    const { engine, clock } = await startEngine([
      limited(own, { maxRunningPerAccount: 2 }),
      fan("limited", 6),
    ]);
    await submit(engine, "fan");
    await clock.advance(5_000);
    assert.deepEqual([own.most, own.starts.length], [2, 6]);
  });

  it("for tasks, subtasks, forks and imported tasks together, also after a restart", async () => {
    const meter = new Meter();
    const types = [limited(meter, { maxRunning: 2 }), fan("limited", 3)];
    const { engine, clock, store } = await startEngine(types);
    const first = await submit(engine, "limited");
    await clock.advance(1_000);
    const log = await engine.events({ ...caller, taskId: first.id, after: 0, limit: 10 });
    const events = log.flatMap((one) => one.events).slice(0, 1);
    const others = { ...caller, account: "2000000000000002" };
    await Promise.all([
      submit(engine, "fan"),
      submit(engine, "limited"),
      engine.retry(caller.account, first.id, { by: "test", reason: "again" }),
      engine.importTask(events, others, { resume: true }),
      submit(engine, "limited", { delayMs: 500 }),
    ]);
    await clock.advance(600);
    assert.equal(meter.most, 2);
    const next = new Meter();
    const again = await startEngine([limited(next, { maxRunning: 2 }), fan("limited", 3)], {
      store,
      clock,
    });
    await clock.advance(10_000);
    assert.equal(next.most, 2);
    const { tasks } = await again.engine.list({ account: caller.account, limit: 99 });
    assert.deepEqual([...new Set(tasks.map(({ state }) => state))], ["succeeded"]);
  });

  it("for an imported task that is resumed, which waits for its turn like others", async () => {
    const meter = new Meter();
    const { engine, clock } = await startEngine([limited(meter, { maxRunning: 1 })]);
    const first = await submit(engine, "limited");
    const log = await engine.events({ ...caller, taskId: first.id, after: 0, limit: 10 });
    const events = log.flatMap((one) => one.events).slice(0, 1);
    const others = { ...caller, account: "2000000000000002" };
    const imported = await engine.importTask(events, others);
    await engine.resume(others.account, imported.id, { by: "test", reason: "go" });
    await settle();
    assert.equal((await engine.get(others.account, imported.id)).state, "pending");
    await clock.advance(1_000);
    assert.equal((await engine.get(others.account, imported.id)).state, "running");
    await clock.advance(1_000);
    assert.equal(meter.most, 1);
  });
});

describe("row 14: limits never make a task wait for itself", () => {
  it("a task that asks for a task of its own type goes on, whatever the limit", async () => {
    const meter = new Meter();
    const nested = defineTask({
      type: "nested",
      input: { type: "object" },
      maxRunning: 1,
      steps: {
        only: async (input, context) => {
          meter.enter(context);
          await context.sleep(1_000);
          meter.leave();
          const depth = Number(input["depth"]);
          const ask = (key: string) =>
            context.subtask({ key, type: "nested", input: { depth: depth - 1 } });
          if (depth > 0) await Promise.all([ask("left"), ask("right")]);
        },
      },
    });
    const { engine, clock } = await startEngine([nested]);
    const input = { depth: 3 };
    const [one, two] = [
      await submit(engine, "nested", { input }),
      await submit(engine, "nested", { input }),
    ];
    await clock.advance(60_000);
    assert.deepEqual(
      [await stateOf(engine, one), await stateOf(engine, two), meter.most, meter.starts.length],
      ["succeeded", "succeeded", 1, 30],
    );
  });

  it("two types whose tasks ask for each other's go on", async () => {
    const type = (name: string, other: string) =>
      defineTask({
        type: name,
        maxRunning: 1,
        steps: {
          only: async (input, context) => {
            await context.sleep(1_000);
            if (input["asks"]) await context.subtask({ key: "s", type: other, input: {} });
          },
        },
      });
    const { engine, clock } = await startEngine([type("one", "two"), type("two", "one")]);
    const input = { asks: true };
    const tasks = [await submit(engine, "one", { input }), await submit(engine, "two", { input })];
    await clock.advance(1_500);
    const states = () => Promise.all(tasks.map((task) => stateOf(engine, task)));
    assert.deepEqual(await states(), ["running", "running"]);
    await clock.advance(10_000);
    assert.deepEqual(await states(), ["succeeded", "succeeded"]);
  });
});

describe("row 18: who waits holds up nobody else", () => {
  it("a task that waits for its type's limit leaves its key to others", async () => {
    const { engine, clock } = await startEngine([
      limited(new Meter(), { maxRunning: 1 }),
      defineTask({ type: "free", steps: { only: async (_, { sleep }) => sleep(10_000) } }),
    ]);
    const key = { concurrencyKey: "cluster/c-1" };
    await submit(engine, "limited");
    const held = await submit(engine, "limited", key);
    const free = await submit(engine, "free", key);
    await settle();
    assert.deepEqual(
      [await stateOf(engine, held), await stateOf(engine, free)],
      ["pending", "running"],
    );
    const { reasons } = await engine.diagnose(caller.account, held.id);
    assert.deepEqual(reasons, [
      { code: "key-held", key: "cluster/c-1", by: free.id, ahead: 1 },
      { code: "type-limit", type: "limited", running: 1, limit: 1 },
    ]);
    await clock.advance(10_000);
    assert.equal(await stateOf(engine, held), "running");
  });

  it("starts go by priority, age and submission over all gates together", async () => {
    const started: string[] = [];
    const type = defineTask({
      type: "limited",
      maxRunning: 1,
      steps: {
        only: async (_, context) => {
          started.push(String(context.attributes["name"]));
          await context.sleep(1_000);
        },
      },
    });
    const { engine, clock } = await startEngine([type]);
    const keyed = (name: string, more: Partial<SubmitRequest> = {}) =>
      submit(engine, "limited", { attributes: { name }, ...more });
    await keyed("first", { concurrencyKey: "k" });
    await keyed("second", { concurrencyKey: "k" });
    for (let n = 3; n < 22; n++) await keyed(`${n}`);
    await keyed("urgent", { priority: 9, concurrencyKey: "k" });
    await clock.advance(60_000);
    assert.deepEqual(started.slice(0, 4), ["first", "urgent", "second", "3"]);
    assert.equal(started.length, 22);
  });
});

describe("row 7: whoever leaves is gone", () => {
  it("canceled, expired, superseded, too late to start, or a subtask of a task that ended", async () => {
    const { engine, clock } = await startEngine([
      limited(new Meter(), { maxRunning: 1 }),
      fan("limited", 3),
    ]);
    const control = { by: "test", reason: "-" };
    const running = await submit(engine, "limited");
    const canceled = await submit(engine, "limited");
    await submit(engine, "limited", { startBy: clock.now() + 100 });
    await submit(engine, "limited", { finishBy: clock.now() + 200 });
    await submit(engine, "limited", { concurrencyKey: "k" });
    const next = await submit(engine, "limited", { concurrencyKey: "k", whenBusy: "supersede" });
    const parent = await submit(engine, "fan");
    await settle();
    assert.equal(engine.load.waiting, 7, "the superseded one is gone already");
    await engine.cancel(caller.account, canceled.id, control);
    await engine.cancel(caller.account, parent.id, control);
    await clock.advance(200);
    assert.deepEqual([engine.load.waiting, engine.load.longest?.id], [1, next.id]);
    await engine.cancel(caller.account, next.id, control);
    await settle();
    assert.deepEqual([engine.load.waiting, engine.load.running], [0, 1]);
    await engine.cancel(caller.account, running.id, control);
    await settle();
    const { waiting, running: taken, runningByAccount } = engine.load;
    assert.deepEqual([waiting, taken, runningByAccount().size], [0, 0, 0]);
  });
});

describe("row 23: the clock is set", () => {
  it("back by an hour: what waits starts by priority, and a rate is as it was", async () => {
    const started: string[] = [];
    const type = defineTask({
      type: "rare",
      startRate: { starts: 1, perMs: 10_000 },
      steps: { only: async (_, context) => void started.push(context.taskId) },
    });
    const { engine, clock } = await startEngine([type]);
    const ids = [(await submit(engine, "rare")).id];
    await settle();
    const high = await submit(engine, "rare", { priority: 9 });
    clock.jump(-3_600_000);
    const low = await submit(engine, "rare", { priority: 0 });
    await clock.advance(20_000);
    assert.deepEqual(started, [...ids, high.id, low.id]);
  });

  it("the age of a task counts on after a restart", async () => {
    const started: string[] = [];
    const type = defineTask({
      type: "old",
      maxRunning: 1,
      steps: {
        only: async (_, { taskId, sleep }) => {
          started.push(taskId);
          await sleep(3_600_000);
        },
      },
    });
    const before = await startEngine([type]);
    const { store, clock } = before;
    const first = await submit(before.engine, "old");
    const old = await submit(before.engine, "old", { priority: 4 });
    await clock.advance(3 * 60_000);
    const young = await submit(before.engine, "old", { priority: 6 });
    started.length = 0;
    const { engine } = await startEngine([type], { store, clock });
    for (const { id } of [first, old, young]) {
      await engine.cancel(caller.account, id, { by: "test", reason: "-" });
      await settle();
    }
    assert.deepEqual(started, [first.id, old.id, young.id]);
  });
});
