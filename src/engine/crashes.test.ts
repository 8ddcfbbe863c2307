import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { bulkType } from "../bulk/bulk.ts";
import { defineTask } from "../core/define-task.ts";
import { isFinal, type Task } from "../core/task.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import type { Store } from "../store/store.ts";
import type { Engine } from "./engine.ts";

/**
 * Row 11 of the issue: the process dies after each append of a scenario. After the next start, what is related to an ended task
 * ends as it would have without the crash.
 */

const { account } = caller;
const HOUR = 60 * 60_000;
const undone: string[] = [];

const long = defineTask({
  type: "long",
  cancelGraceMs: 0,
  steps: { only: async (_, context) => context.sleep(1_000 * HOUR) },
});
const types = [
  long,
  defineTask({
    type: "family",
    cancelGraceMs: 0,
    steps: {
      work: async (_, context) => {
        const child = (key: string) => context.subtask({ key, type: "middle", input: {} });
        await Promise.all([child("a"), child("b")]);
      },
    },
  }),
  defineTask({
    type: "middle",
    cancelGraceMs: 0,
    steps: {
      work: async (_, context) => {
        await context.subtask({ key: "c", type: "long", input: {} });
      },
    },
  }),
  defineTask({
    type: "broken",
    steps: {
      work: async (_, context) => {
        await context.subtask({ key: "a", type: "long", input: {} });
      },
      breaks: {
        retry: { maxAttempts: 1 },
        run: async (_, context) => {
          await context.sleep(5_000);
          throw new Error("it breaks");
        },
        after: [],
      },
    },
  }),
  defineTask({
    type: "undoes",
    steps: {
      work: {
        run: async () => ({}),
        undo: async (_, context) => {
          undone.push(context.taskId);
        },
      },
      breaks: {
        retry: { maxAttempts: 1 },
        after: ["work"],
        run: async (_, context) => {
          await context.sleep(5_000);
          throw new Error("it breaks");
        },
      },
    },
  }),
];

/** The store of a process that dies after so many appends: nothing of what comes later is written or answered. */
function dying(store: Store, appends: number, count: { made: number }): Store {
  const never = new Promise<never>(() => {});
  const own: Partial<Store> = {
    append: (append) => {
      if (count.made >= appends) return never;
      count.made++;
      const written = store.append(append);
      // The last one is written, and its answer is never heard.
      return count.made === appends ? written.then(() => never) : written;
    },
  };
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function start(store: Store, clock: FakeClock): Promise<Engine> {
  const bulk = bulkType(() => engine);
  const { engine } = await startEngine([...types, bulk], { store, clock });
  return engine;
}

type Act = (engine: Engine, clock: FakeClock) => Promise<void>;

async function allOf(store: Store): Promise<readonly Task[]> {
  return (await store.list({ account, limit: 100 })).tasks;
}

/** Runs the scenario with a crash after each of its appends, and checks what is left a day later. */
async function afterEachCrash(act: Act, check: (tasks: readonly Task[]) => void): Promise<void> {
  for (let appends = 1; appends < 100; appends++) {
    const store = await openSqliteStore(":memory:");
    const count = { made: 0 };
    const clock = new FakeClock();
    const first = await start(dying(store, appends, count), clock);
    let isDone = false;
    void act(first, clock).then(() => {
      isDone = true;
    });
    for (let turns = 0; turns < 1_000 && !isDone && count.made < appends; turns++) await settle(1);
    await settle(5); // the last append is written
    const isOver = count.made < appends;
    count.made = Number.POSITIVE_INFINITY;
    const again = new FakeClock(clock.now());
    await start(store, again);
    for (let hour = 0; hour < 3; hour++) await again.advance(HOUR);
    const tasks = await allOf(store);
    const states = tasks.map(({ id, type, state }) => `${type} ${id} ${state}`).join("\n");
    for (const { id, parent, state } of tasks) {
      const above = tasks.find((one) => one.id === parent?.taskId);
      if (above === undefined || !isFinal(above.state)) continue;
      assert.ok(isFinal(state), `after ${appends} appends ${id} outlives its parent:\n${states}`);
    }
    check(tasks);
    if (isOver) return; // the scenario has no more appends
  }
  assert.fail("the scenario has no end");
}

const submit = (engine: Engine, type: string, more: object = {}) =>
  engine.submit({ type, input: {}, ...more }, caller);
const control = { by: "a", reason: "b" };

describe("a crash between two related tasks (row 11)", () => {
  it("leaves no subtask of a canceled parent running, in all generations", async () => {
    await afterEachCrash(
      async (engine, clock) => {
        const { id } = await submit(engine, "family");
        await clock.advance(1_000);
        await engine.cancel(account, id, control);
        await clock.advance(1_000);
      },
      () => {},
    );
  });

  it("leaves no subtask of a parent running that failed or expired", async () => {
    await afterEachCrash(
      async (engine, clock) => {
        await submit(engine, "broken");
        await submit(engine, "family", { finishBy: clock.now() + 8_000 });
        await clock.advance(10_000);
      },
      (tasks) => {
        for (const task of tasks) {
          if (task.parent === undefined) assert.ok(isFinal(task.state), `${task.type} is open`);
        }
      },
    );
  });

  it("undoes what has to be undone, once it is decided", async () => {
    await afterEachCrash(
      async (engine, clock) => {
        await submit(engine, "undoes");
        await clock.advance(10_000);
      },
      (tasks) => {
        for (const { id, state, steps } of tasks) {
          assert.deepEqual([state, steps[0]?.undo?.state], ["failed", "done"]);
          assert.ok(undone.includes(id));
        }
      },
    );
  });

  it("cancels what a task supersedes, once that task is there", async () => {
    const key = { concurrencyKey: "disk-1" };
    await afterEachCrash(
      async (engine, clock) => {
        await submit(engine, "long", key);
        await submit(engine, "long", key);
        await submit(engine, "long", { ...key, whenBusy: "supersede" });
        await clock.advance(1_000);
      },
      (tasks) => {
        const newest = tasks[0];
        if (newest?.supersedes !== true) return;
        const states = tasks.map(({ state }) => state);
        assert.deepEqual(states, ["running", "canceled", "canceled"]);
      },
    );
  });

  it("carries a bulk operation on, once it was ordered, and makes each of its tasks once", async () => {
    await afterEachCrash(
      async (engine, clock) => {
        for (let i = 0; i < 3; i++) {
          const { id } = await submit(engine, "long");
          await engine.cancel(account, id, control);
        }
        await clock.advance(1_000);
        const order = { filter: "type:long", action: "retry", reason: "again", actor: "a" };
        const input = { ...order, snapshotAt: clock.now(), expected: 3 };
        await engine.submit({ type: "bulk", input }, caller);
        await clock.advance(1_000);
      },
      (tasks) => {
        const bulk = tasks.find(({ type }) => type === "bulk");
        if (bulk === undefined) return;
        assert.equal(bulk.state, "succeeded");
        const old = tasks.filter(({ type, forkOf }) => type === "long" && forkOf === undefined);
        const forks = tasks.flatMap(({ forkOf }) => forkOf?.taskId ?? []);
        assert.deepEqual(forks.toSorted(), old.map(({ id }) => id).toSorted());
      },
    );
  });
});
