import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Task } from "../../core/task.ts";
import type { TaskStore } from "../../store/store.ts";
import { QuotaKeeper } from "./quotas.ts";
import { TaskUsage } from "./task-usage.ts";

const ignore = () => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const submitted = { type: "TaskSubmitted", task: {} } as never;

const task = (over: Partial<Task> = {}) =>
  ({ id: "T", account: "a", state: "running", ...over }) as unknown as Task;

/** A store with these open tasks and this log of accounts, a submission each. */
function store(open: readonly Task[], log: readonly string[]): TaskStore {
  return {
    listOpen: async (after: string | undefined) => (after === undefined ? open : []),
    readEvents: async ({ after }: { after: number }) =>
      log.map((account, i) => ({ account, position: i + 1, events: [submitted] })).slice(after),
  } as never;
}

describe("usage", () => {
  test("counts open tasks at the start, subtasks left out", async () => {
    const quotas = new QuotaKeeper({ openTasks: 2 }, log);
    const parent = { taskId: "T", step: "s" };
    await new TaskUsage(quotas).restore(store([task(), task({ parent }), task()], []), undefined);
    assert.equal(quotas.reserve("a")?.code, "QuotaExceeded.OpenTasks");
  });

  test("counts stored tasks on from where it stopped", async () => {
    const quotas = new QuotaKeeper({ storedTasks: 100 }, log);
    const usage = new TaskUsage(quotas);
    await usage.restore(store([], ["a", "b", "a"]), { position: 1, stored: { a: 1 } });
    assert.deepEqual(usage.snapshot(), { position: 3, stored: { a: 2, b: 1 } });
    usage.committed(task(), [submitted], 4);
    assert.deepEqual(usage.snapshot(), { position: 4, stored: { a: 3, b: 1 } });
  });

  test("follows tasks to their end", () => {
    const quotas = new QuotaKeeper({ openTasks: 1 }, log);
    const usage = new TaskUsage(quotas);
    usage.committed(task(), [submitted], 1);
    assert.equal(quotas.reserve("a")?.code, "QuotaExceeded.OpenTasks");
    usage.committed(task({ state: "succeeded" }), [], 2);
    assert.equal(quotas.reserve("a"), undefined);
  });

  test("names the task that a request started, once", () => {
    const usage = new TaskUsage(new QuotaKeeper({}, log));
    usage.committed(task({ id: "T-1", requestId: "r" }), [submitted], 1);
    assert.equal(usage.takeStarted("r"), "T-1");
    assert.equal(usage.takeStarted("r"), "");
  });
});
