import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Task } from "../../core/task.ts";
import { QuotaKeeper } from "./quotas.ts";
import { TaskUsage } from "./task-usage.ts";

const ignore = () => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const submitted = { type: "TaskSubmitted", task: {} } as never;

const task = (over: Partial<Task> = {}) =>
  ({ id: "T", account: "a", state: "running", ...over }) as unknown as Task;

describe("usage", () => {
  test("starts with the counts of the store", async () => {
    const quotas = new QuotaKeeper({ openTasks: 2, storedTasks: 3 }, log);
    const usage = async () => [
      { account: "a", open: 2, stored: 2, bytes: 5_000 },
      { account: "b", open: 0, stored: 3, bytes: 7_000 },
    ];
    await new TaskUsage(quotas).restore({ usage });
    assert.equal(quotas.reserve("a")?.code, "QuotaExceeded.OpenTasks");
    assert.equal(quotas.reserve("b")?.code, "QuotaExceeded.StoredTasks");
    assert.equal(quotas.reserve("c"), undefined);
  });

  test("has room again when retention archives tasks; subtasks do not count", () => {
    const quotas = new QuotaKeeper({ storedTasks: 1 }, log);
    const usage = new TaskUsage(quotas);
    usage.committed(task(), [submitted]);
    usage.committed(task({ state: "succeeded" }), []);
    usage.archived([{ taskId: "S", account: "a", isSubtask: true }]);
    assert.equal(quotas.reserve("a")?.code, "QuotaExceeded.StoredTasks");
    usage.archived([{ taskId: "T", account: "a", isSubtask: false }]);
    assert.equal(quotas.reserve("a"), undefined);
  });

  test("counts a task until it ends", () => {
    const quotas = new QuotaKeeper({ openTasks: 1 }, log);
    const usage = new TaskUsage(quotas);
    usage.committed(task(), [submitted]);
    assert.equal(quotas.reserve("a")?.code, "QuotaExceeded.OpenTasks");
    usage.committed(task({ state: "succeeded" }), []);
    assert.equal(quotas.reserve("a"), undefined);
  });

  test("names the task that a request started, once", () => {
    const usage = new TaskUsage(new QuotaKeeper({}, log));
    usage.committed(task({ id: "T-1", requestId: "r" }), [submitted]);
    assert.equal(usage.takeStarted("r"), "T-1");
    assert.equal(usage.takeStarted("r"), "");
  });
});
