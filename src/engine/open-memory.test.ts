import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import type { JsonObject } from "../core/json.ts";
import type { Task } from "../core/task.ts";
import type { Store } from "../store/store.ts";
import type { SubmitRequest } from "./task-service.ts";

/* Row 2 of issue 15: inputs stay in the store until a step needs them, and what is in memory follows a budget in bytes. */

const { account } = caller;
const HOUR = 3_600_000;
const KIB = 1_024;
const BUDGET = 10 * KIB;
const big = { text: "x".repeat(2 * KIB) };

const echo = defineTask({ type: "echo", steps: { work: async (input) => ({ echo: input }) } });
const hold = defineTask({
  type: "hold",
  steps: { work: (_, { sleep }) => sleep(HOUR) },
});
const flaky = defineTask({
  type: "flaky",
  retry: { maxAttempts: 2, firstDelayMs: HOUR, factor: 1 },
  steps: {
    work: async (input, { attempt }) => {
      if (attempt === 1) throw new Error("once more");
      return { echo: input };
    },
  },
});
const parent = defineTask({
  type: "parent",
  steps: {
    work: async (input, { subtask }) => {
      const child = await subtask({ key: "k", type: "flaky", input });
      return { child: child.state };
    },
  },
});
const rest = defineTask({ type: "rest", steps: { work: (_, { sleep }) => sleep(10 * HOUR) } });
const TYPES = [echo, hold, flaky, parent, rest];

/** Counts reads of single rows. */
function counting(store: Store) {
  let reads = 0;
  const counted = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name === "read") reads++;
      return value.bind(target);
    },
  });
  return { counted, reads: () => reads };
}

async function bench(openTaskBytes = BUDGET) {
  const started = await startEngine(TYPES, { budgets: { openTaskBytes } });
  const { engine } = started;
  const submit = async (type: string, extra: Partial<SubmitRequest> = {}) => {
    const { id } = await engine.submit({ type, input: big, ...extra }, caller);
    await settle();
    return id;
  };
  const several = async (count: number, type: string, extra: Partial<SubmitRequest> = {}) => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) ids.push(await submit(type, extra));
    return ids;
  };
  const states = async (ids: readonly string[]) =>
    (await Promise.all(ids.map((id) => engine.get(account, id)))).map(({ state }) => state);
  return { ...started, submit, several, states };
}

const inMemory = (
  engine: { peek(a: string, id: string): Task | undefined },
  ids: readonly string[],
) => ids.filter((id) => engine.peek(account, id) !== undefined);

describe("the memory of open tasks (row 2)", () => {
  it("holds no more than the budget of those that wait, and each is shown whole", async () => {
    const { engine, several } = await bench();
    const ids = await several(20, "echo", { delayMs: HOUR });
    assert.ok(engine.held.open <= BUDGET, `${engine.held.open} bytes`);
    assert.equal(engine.openTasks, 20);
    const kept = inMemory(engine, ids);
    assert.ok(kept.length >= 2 && kept.length <= 5, `${kept.length} tasks`);
    for (const id of ids) assert.deepEqual((await engine.get(account, id)).input, big);
    assert.ok(engine.held.open <= BUDGET, `${engine.held.open} bytes`);
    const { tasks } = await engine.list({ account, limit: 50 });
    assert.deepEqual(
      tasks.map(({ input }) => input),
      ids.map(() => big),
    );
  });

  it("keeps small tasks whole: none of them is read again", async () => {
    const { counted, reads } = counting((await startEngine(TYPES)).store);
    const { engine } = await startEngine(TYPES, { store: counted });
    const ids: string[] = [];
    for (let i = 0; i < 50; i++) {
      const { id } = await engine.submit({ type: "echo", input: {}, delayMs: HOUR }, caller);
      ids.push(id);
    }
    for (const id of ids) await engine.get(account, id);
    assert.equal(reads(), 0);
  });

  it("gives each step its whole input when it starts, and records the whole task", async () => {
    const { engine, clock, several, states } = await bench();
    const ids = await several(20, "echo", { delayMs: HOUR });
    await clock.advance(HOUR + 1);
    await settle(200);
    assert.deepEqual(new Set(await states(ids)), new Set(["succeeded"]));
    for (const id of ids) {
      const task = await engine.get(account, id);
      assert.deepEqual(task.outputs as JsonObject, { echo: big });
      assert.deepEqual(task.input, big);
    }
    assert.equal(engine.held.open, 0);
  });

  it("lets no more tasks begin than fit, says why, and goes on when one ends", async () => {
    const { engine, clock, several, states } = await bench();
    const ids = await several(12, "hold");
    const running = (await states(ids)).filter((state) => state === "running").length;
    assert.ok(running >= 3 && running <= 6, `${running} run`);
    const waiting = ids.at(-1) ?? "";
    const [reason] = (await engine.diagnose(account, waiting)).reasons;
    assert.equal(reason?.code, "memory-full");
    await clock.advance(HOUR + 1);
    await clock.advance(HOUR + 1);
    await clock.advance(HOUR + 1);
    await clock.advance(HOUR + 1);
    assert.deepEqual(new Set(await states(ids)), new Set(["succeeded"]));
  });

  it("says why a task does not go on after a crash, also if its log says that it waits for a subtask", async () => {
    const { store, several, submit } = await bench(100 * BUDGET);
    await several(6, "rest");
    const waiting = await submit("parent");
    // The first process does nothing more: its clock stands still.
    const { engine, clock } = await startEngine(TYPES, {
      store,
      budgets: { openTaskBytes: BUDGET },
    });
    await clock.advance(HOUR + 1);
    await settle(200);
    const [child] = (await engine.list({ account, parentId: waiting, limit: 1 })).tasks;
    assert.equal(child?.state, "succeeded");
    const { reasons } = await engine.diagnose(account, waiting);
    assert.equal(reasons[0]?.code, "memory-full");
  });

  it("cancels, pauses and resumes a task that is not in memory as any other", async () => {
    const { engine, several, states } = await bench();
    const ids = await several(20, "echo", { delayMs: HOUR });
    const [first = "", second = ""] = ids.filter((id) => engine.peek(account, id) === undefined);
    const canceled = await engine.cancel(account, first, { by: "ann", reason: "-" });
    assert.deepEqual([canceled.state, canceled.input], ["canceled", big]);
    await assert.rejects(engine.pause(account, second, { by: "ann", reason: "-" }), {
      code: "TaskNotPausable",
    });
    assert.deepEqual(await states([first, second]), ["canceled", "pending"]);
  });

  it("is given up while a task waits for its retry, which then has its input again", async () => {
    const { engine, clock, several, states } = await bench();
    const ids = await several(20, "flaky");
    await settle(200);
    assert.deepEqual(new Set(await states(ids)), new Set(["running"]));
    assert.ok(engine.held.open <= BUDGET, `${engine.held.open} bytes`);
    await clock.advance(HOUR + 1);
    await settle(400);
    assert.deepEqual(new Set(await states(ids)), new Set(["succeeded"]));
  });

  it("keeps no subtask waiting for a parent that waits for it", async () => {
    const { clock, several, states } = await bench(1);
    const ids = await several(3, "parent");
    for (let i = 0; i < 4; i++) await clock.advance(HOUR + 1);
    await settle(400);
    assert.deepEqual(await states(ids), ["succeeded", "succeeded", "succeeded"]);
  });

  it("is within the budget after a start, and the tasks go on, more of them than fit", async () => {
    const { store, clock, several } = await bench(100 * BUDGET);
    const delayed = await several(20, "echo", { delayMs: HOUR });
    const running = await several(20, "hold");
    // As after a kill: the first engine does nothing more, because its clock stands still.
    const { counted, reads } = counting(store);
    const again = await startEngine(TYPES, { store: counted, budgets: { openTaskBytes: BUDGET } });
    await settle(100);
    const { engine } = again;
    assert.equal(engine.openTasks, 40);
    assert.ok(engine.held.open <= BUDGET + 3 * KIB, `${engine.held.open} bytes`);
    assert.ok(reads() <= 40, `${reads()} reads`);
    assert.ok(clock.now() > 0);
    for (let i = 0; i < 12; i++) {
      await again.clock.advance(HOUR + 1);
      await settle(100);
    }
    for (const id of [...delayed, ...running]) {
      const task = await engine.get(account, id);
      assert.equal(task.state, "succeeded", id);
      assert.deepEqual(task.input, big);
    }
  });
});

describe("the memory of ended tasks (row 2)", () => {
  it("holds no more than its budget", async () => {
    const endedTaskBytes = 4 * BUDGET;
    const budgets = { endedTaskBytes };
    const { engine } = await startEngine(TYPES, { budgets });
    for (let i = 0; i < 20; i++) {
      await engine.submit({ type: "echo", input: big }, caller);
      await settle(20);
      assert.ok(engine.held.ended <= endedTaskBytes, `${engine.held.ended} bytes`);
    }
    assert.ok(engine.held.ended > 0);
  });
});

describe("a start with many open tasks (row 2)", () => {
  it("answers reads and refuses changes until all of them are taken over", async () => {
    const { store, several } = await bench(100 * BUDGET);
    const [id = ""] = await several(3, "hold");
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...all: unknown[]) => unknown;
        if (name !== "listOpen") return call;
        return async (...all: unknown[]) => {
          await gate;
          return call(...all);
        };
      },
    });
    const { engine, started } = await startEngine(TYPES, { store: slow, waits: false });
    assert.equal((await engine.get(account, id)).state, "running");
    assert.equal((await engine.list({ account, limit: 9 })).tasks.length, 3);
    const away = { code: "StoreUnavailable", message: /starting/ };
    const control = { by: "ann", reason: "-" };
    await assert.rejects(engine.submit({ type: "echo", input: {} }, caller), away);
    await assert.rejects(engine.cancel(account, id, control), away);
    goOn();
    await started;
    assert.equal((await engine.cancel(account, id, control)).state, "canceling");
  });
});
