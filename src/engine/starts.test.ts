import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import { DomainError } from "../core/errors.ts";
import type { TaskTypeDefinition } from "../core/task-type.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import type { SubmitRequest } from "./task-service.ts";

const KEY = { concurrencyKey: "cluster/c-1" };

/** Tasks that run for ten seconds. */
async function bench(limits: Partial<TaskTypeDefinition> = {}) {
  const type = defineTask({
    type: "hold",
    steps: { only: async (_, context) => context.sleep(10_000) },
    ...limits,
  });
  const store = await openSqliteStore(":memory:");
  let broken = false;
  const breakable: typeof store = new Proxy(store, {
    get(target, name) {
      if (name === "append" && broken) {
        return () => Promise.reject(new DomainError("StoreUnavailable", "the disk is full"));
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const started = await startEngine([type], { store: breakable });
  const { engine } = started;
  const submit = (request: Partial<SubmitRequest> = {}) =>
    engine.submit({ type: "hold", input: {}, ...request }, caller);
  const state = async ({ id }: { id: string }) => (await engine.get(caller.account, id)).state;
  const breakStore = (now: boolean) => {
    broken = now;
  };
  return { ...started, submit, state, breakStore };
}

describe("a task that nothing holds up", () => {
  it("is submitted and started in one append", async () => {
    const { engine, submit } = await bench();
    const { id, state } = await submit(KEY);
    assert.equal(state, "running");
    const log = await engine.events({ account: caller.account, taskId: id, after: 0, limit: 10 });
    assert.deepEqual(
      log.map(({ events }) => events.map(({ type }) => type)),
      [["TaskSubmitted", "TaskStarted", "StepStarted"]],
    );
  });

  it("has its slot and its key at once", async () => {
    const { submit, state, clock } = await bench({ maxRunning: 2 });
    const all = await Promise.all([submit(KEY), submit(KEY), submit(), submit()]);
    await settle();
    assert.deepEqual(await Promise.all(all.map(state)), [
      "running",
      "pending",
      "running",
      "pending",
    ]);
    await clock.advance(10_000);
    assert.deepEqual(await Promise.all(all.map(state)), [
      "succeeded",
      "running",
      "succeeded",
      "running",
    ]);
  });
});

describe("a task that something holds up", () => {
  it("is submitted as pending: it is delayed, or how often its type starts is limited", async () => {
    const { submit, clock } = await bench();
    assert.equal((await submit({ notBefore: clock.now() + 1_000 })).state, "pending");
    const rated = await bench({ startRate: { starts: 1, perMs: 60_000 } });
    const { state } = await rated.submit();
    assert.equal(state, "pending");
  });
});

describe("a slot that was given to a task that came to nothing", () => {
  it("is free again: the task was there already", async () => {
    const { submit, state } = await bench({ maxRunning: 2 });
    const [first, same] = await Promise.all([submit({ token: "t" }), submit({ token: "t" })]);
    assert.equal(first.id, same.id);
    assert.equal(await state(await submit()), "running");
  });

  it("is free again: the store took nothing", async () => {
    const { submit, state, breakStore } = await bench({ maxRunning: 1 });
    breakStore(true);
    await assert.rejects(submit(KEY), { code: "StoreUnavailable" });
    breakStore(false);
    assert.equal(await state(await submit(KEY)), "running");
  });

  it("goes to those that came meanwhile", async () => {
    const { submit, state, breakStore } = await bench({ maxRunning: 1 });
    breakStore(true);
    const lost = submit(KEY);
    breakStore(false);
    const next = submit(KEY);
    await assert.rejects(lost, { code: "StoreUnavailable" });
    await settle();
    assert.equal(await state(await next), "running");
  });
});
