import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, silent, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import { createMemory, openMemory } from "../store/sqlite/sqlite-store.ts";

const { account } = caller;
const NODE = "x.node";

const renames = defineTask({
  type: "renames",
  retry: { maxAttempts: 1 },
  steps: {
    only: async (_, { resources }) => {
      resources.update(NODE, "a", () => ({ name: "new" }));
    },
  },
});
const reads = defineTask({
  type: "reads",
  retry: { maxAttempts: 1 },
  steps: {
    only: async (_, { resources }) => {
      await resources.get(NODE, "a");
    },
  },
});
const marks = defineTask({
  type: "marks",
  steps: { only: async () => ({}) },
  onEnd: async (_, resources) => {
    resources.update(NODE, "a", () => ({ name: "ended" }));
    resources.put(NODE, "b", { name: "ended" });
  },
});

/* Suspected in issue 15: a damaged resource was taken for a store that is away, and its step's end repeated for ever. */
describe("a damaged resource", () => {
  async function bench() {
    const told: string[] = [];
    const logged: { level: string; facts: object; message: string }[] = [];
    const at = (level: string) => (facts: object, message: string) => {
      logged.push({ level, facts, message });
    };
    const log = { ...silent, warn: at("warn"), error: at("error") };
    const memory = await createMemory();
    const store = openMemory(memory, { damaged: (what) => told.push(what) });
    await store.seedResources(account, [{ kind: NODE, id: "a", data: { name: "old" } }]);
    memory.db.prepare("UPDATE resources SET data = '{}' WHERE id = 'a'").run();
    const { engine, clock } = await startEngine([renames, reads, marks], { store, log });
    const run = async (type: string) => {
      const { id } = await engine.submit({ type, input: {} }, caller);
      await settle();
      await clock.advance(60_000);
      return engine.get(account, id);
    };
    return { run, told, logged, store, clock };
  }

  it("that a step changes ends its attempt, with its name", async () => {
    const { run, told, logged, store, clock } = await bench();
    const { state, error } = await run("renames");
    assert.equal(state, "failed");
    assert.match(error?.message ?? "", /the x\.node a: a row is not what was written/);
    assert.match(told.join(), /^the x\.node a: /);
    assert.equal(store.statistics.damagedRows, 1);
    assert.deepEqual(
      logged.map(({ message }) => message),
      ["the end of a step cannot be recorded as it is; the attempt fails"],
    );
    assert.equal(clock.pending, 0, "nothing is tried again");
  });

  it("that a step reads ends its attempt, with its name", async () => {
    const { run } = await bench();
    const { state, error } = await run("reads");
    assert.equal(state, "failed");
    assert.match(error?.message ?? "", /the x\.node a: a row is not what was written/);
  });

  it("that the end of a task changes keeps it from no end", async () => {
    const { run, logged, store } = await bench();
    assert.equal((await run("marks")).state, "succeeded");
    assert.deepEqual(
      logged.map(({ level, message }) => `${level}: ${message}`),
      ["error: onEnd failed; the task ends without its changes"],
    );
    assert.equal(await store.readResource(account, NODE, "b"), undefined);
  });
});
