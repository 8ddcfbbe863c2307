import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, silent, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import { createMemory, openMemory } from "../store/sqlite/sqlite-store.ts";

const HOUR = 3_600_000;
const quick = defineTask({
  type: "quick",
  retry: { maxAttempts: 1 },
  steps: {
    only: async (input) => {
      if (input["fail"]) throw new Error("no");
    },
  },
});
const hold = defineTask({
  type: "hold",
  steps: { only: async (_, context) => context.sleep(100 * HOUR) },
});

async function bench() {
  const retention = { succeeded: HOUR, failed: 3 * HOUR };
  const { engine, clock, store } = await startEngine([quick, hold], { retention });
  const submit = async (type: string, fail = false) => {
    const { id } = await engine.submit({ type, input: { fail } }, caller);
    await settle();
    return engine.get(caller.account, id);
  };
  const listed = async () => {
    const { tasks } = await engine.list({ account: caller.account, limit: 100 });
    return tasks.map((task) => task.state).toSorted();
  };
  return { engine, clock, store, submit, listed };
}

describe("retention", () => {
  it("archives what ended long enough ago, by state; what is open stays", async () => {
    const { clock, submit, listed } = await bench();
    await submit("quick");
    await submit("quick", true);
    await submit("hold");
    await clock.advance(HOUR);
    assert.deepEqual(await listed(), ["failed", "running", "succeeded"]);
    await clock.advance(60_001);
    assert.deepEqual(await listed(), ["failed", "running"]);
    await clock.advance(2 * HOUR + 60_001);
    assert.deepEqual(await listed(), ["running"]);
  });

  it("leaves an archived task and its log readable by id, for its account alone", async () => {
    const { clock, store, submit } = await bench();
    const task = await submit("quick");
    const { account } = caller;
    const query = { account, taskId: task.id, after: 0, limit: 100 };
    const log = await store.readEvents(query);
    await clock.advance(2 * HOUR);
    const { engine } = await startEngine([quick], { store });
    assert.deepEqual((await engine.list({ account, limit: 9 })).tasks, []);
    assert.deepEqual(await engine.get(account, task.id), task);
    assert.deepEqual(await engine.events(query), log);
    await assert.rejects(engine.get("2000000000000002", task.id), { code: "TaskNotFound" });
    await assert.rejects(engine.cancel(account, task.id, { by: "x", reason: "y" }), {
      code: "TaskEnded",
    });
    assert.equal((await engine.retry(account, task.id, { by: "x", reason: "y" })).type, "quick");
  });

  it("archives in pieces, whatever has gathered", async () => {
    const { engine, clock, listed } = await bench();
    const request = { type: "quick", input: {} };
    await Promise.all(Array.from({ length: 250 }, () => engine.submit(request, caller)));
    await clock.advance(2 * HOUR);
    assert.deepEqual(await listed(), []);
    assert.deepEqual(await engine.counts(caller.account), []);
  });

  it("does nothing unless asked to, and nothing after the stop", async () => {
    const without = await startEngine([quick]);
    assert.equal(without.clock.pending, 0);
    const { engine, clock } = await bench();
    await settle();
    assert.equal(clock.pending, 1);
    await engine.stop(0);
    assert.equal(clock.pending, 0);
  });

  it("goes past what cannot be read, however much that is, and names it (row 15 of issue 15)", async () => {
    const warnings: unknown[] = [];
    const log = { ...silent, warn: (facts: unknown) => void warnings.push(facts) };
    const memory = await createMemory();
    const retention = { succeeded: HOUR };
    const { engine, clock } = await startEngine([quick], {
      store: openMemory(memory),
      retention,
      log,
    });
    for (let i = 0; i < 230; i++) {
      await engine.submit({ type: "quick", input: {} }, caller);
      if (i % 50 === 49) await clock.advance(1);
    }
    await settle(50);
    const ids = memory.db.prepare("SELECT id FROM tasks ORDER BY ended_at, seq").all();
    const damaged = ids.slice(0, 120).map(({ id }) => String(id));
    for (const id of damaged) {
      memory.db
        .prepare("UPDATE tasks SET doc = replace(doc, 'quick', 'quack') WHERE id = ?")
        .run(id);
    }
    await clock.advance(HOUR + 60_001);
    await settle(100);
    const left = memory.db.prepare("SELECT id FROM tasks ORDER BY ended_at, seq").all();
    assert.deepEqual(
      left.map(({ id }) => id),
      damaged,
    );
    assert.deepEqual(warnings[0], {
      state: "succeeded",
      tasks: 120,
      taskIds: damaged.slice(0, 20),
    });
  });
});
