import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QuotaKeeper } from "../../src/access/limits/quotas.ts";
import { TaskUsage } from "../../src/access/limits/task-usage.ts";
import { defineTask } from "../../src/core/define-task.ts";
import { createMemory, type Memory, openMemory } from "../../src/store/sqlite/sqlite-store.ts";
import { caller, silent, startEngine } from "../support/engine-bench.ts";
import { type FakeClock, settle } from "../support/fake-clock.ts";

const HOUR = 3_600_000;
const { account } = caller;

const child = defineTask({ type: "child", steps: { only: async () => ({}) } });
const parent = defineTask({
  type: "parent",
  steps: {
    only: async (_, { subtask }) => {
      await subtask({ key: "one", type: "child", input: {} });
    },
  },
});

/** An engine with quotas, wired as in the server. */
async function start(limit: number, options: Parameters<typeof startEngine>[1] = {}) {
  const started = await startEngine([child, parent], {
    retention: { succeeded: HOUR },
    ...options,
  });
  const { engine, store, clock } = started;
  const quotas = new QuotaKeeper({ storedTasks: limit, openTasks: limit }, silent);
  const usage = new TaskUsage(quotas);
  engine.onCommit((task, events) => usage.committed(task, events));
  engine.onArchive((tasks) => usage.archived(tasks));
  await usage.restore(store);
  /** The error code if one more task is refused, undefined if it was submitted and has ended. */
  const submit = async (type = "parent") => {
    const denial = quotas.reserve(account);
    if (denial) return denial.code;
    await engine.submit({ type, input: {} }, caller);
    quotas.release(account);
    await settle(20);
    return undefined;
  };
  return { engine, store, clock, submit };
}

describe("the quota of stored bytes", () => {
  /** An engine whose store tells the quotas what it stores, as in the server. */
  async function startCounted(limit: number, memory: Memory, clock?: FakeClock) {
    const quotas = new QuotaKeeper({ storedBytes: limit }, silent);
    const store = openMemory(memory, { stored: (who, bytes) => quotas.storedMore(who, bytes) });
    const retention = { succeeded: HOUR };
    const options = { retention, store, ...(clock && { clock }) };
    const started = await startEngine([child, parent], options);
    const usage = new TaskUsage(quotas);
    started.engine.onCommit((task, events) => usage.committed(task, events));
    started.engine.onArchive((tasks) => usage.archived(tasks));
    await usage.restore(store);
    const submit = async () => {
      const denial = quotas.reserve(account);
      if (denial) return denial;
      await started.engine.submit({ type: "parent", input: {} }, caller);
      quotas.release(account);
      await settle(20);
      return undefined;
    };
    const used = () =>
      quotas.usageOf(account).find(({ kind }) => kind === "storedBytes")?.used ?? 0;
    return { ...started, store, submit, used };
  }

  it("refuses new tasks alone, counts steps and subtasks, and has room again after retention", async () => {
    const { submit, used, store, clock } = await startCounted(10_000, await createMemory());
    assert.equal(await submit(), undefined);
    const one = used();
    assert.ok(one > 1_000, `${one} bytes`);
    assert.equal((await store.usage())[0]?.bytes, one, "as the store has it");
    while ((await submit()) === undefined) assert.ok(used() < 10_000 + one);
    assert.deepEqual((await submit())?.code, "QuotaExceeded.StoredBytes");
    assert.equal((await store.usage())[0]?.bytes, used());
    await clock.advance(HOUR + 60_001);
    assert.equal(used(), 0);
    assert.equal(await submit(), undefined);
  });

  it("is counted from what is stored after a restart, also after a kill", async () => {
    const memory = await createMemory();
    const first = await startCounted(1_500, memory);
    await first.submit();
    const again = await startCounted(1_500, memory, first.clock);
    assert.equal(again.used(), first.used());
    assert.equal((await again.submit())?.code, "QuotaExceeded.StoredBytes");
  });
});

describe("the quota of stored tasks", () => {
  it("can be used up, and allows new tasks after retention", async () => {
    const { submit, clock } = await start(2);
    assert.deepEqual([await submit(), await submit()], [undefined, undefined]);
    assert.equal(await submit(), "QuotaExceeded.StoredTasks");
    await clock.advance(HOUR + 60_001);
    assert.deepEqual([await submit(), await submit()], [undefined, undefined]);
    assert.equal(await submit(), "QuotaExceeded.StoredTasks");
  });

  it("is counted from what is stored after a restart, also after a kill", async () => {
    const first = await start(2);
    await first.submit();
    await first.submit();
    await first.clock.advance(HOUR + 60_001);
    await first.submit();
    const { store, clock } = first;
    const again = await start(2, { store, clock });
    assert.equal(await again.submit(), undefined);
    assert.equal(await again.submit(), "QuotaExceeded.StoredTasks");
  });

  it("counts a task that is imported, open or ended", async () => {
    const from = await start(9);
    await from.submit();
    const { tasks } = await from.engine.list({ account, type: "parent", limit: 1 });
    const log = await from.engine.events({
      account,
      taskId: tasks[0]?.id ?? "",
      after: 0,
      limit: 99,
    });
    const to = await start(1);
    await to.engine.importTask(
      log.flatMap(({ events }) => events),
      caller,
    );
    assert.equal(await to.submit(), "QuotaExceeded.StoredTasks");
    await to.clock.advance(2 * HOUR);
    assert.equal(await to.submit(), undefined);
  });
});
