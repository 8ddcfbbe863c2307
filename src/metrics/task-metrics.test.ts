import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { parseOpenMetrics, seriesValue } from "../../test/support/openmetrics.ts";
import { defineTask } from "../core/define-task.ts";
import type { TaskType } from "../core/task-type.ts";
import { exposition } from "./exposition.ts";
import { TaskMetrics } from "./task-metrics.ts";

const slow = defineTask({
  type: "slow",
  steps: { work: { run: async (_input, context) => void (await context.sleep(2_000)) } },
});
const bad = defineTask({
  type: "bad",
  steps: {
    work: {
      retry: { maxAttempts: 2 },
      run: async () => {
        throw new Error("no");
      },
    },
  },
});

async function start(types: readonly TaskType[], known = types.map(({ type }) => type)) {
  const running = await startEngine(types);
  const { engine, store, clock } = running;
  const metrics = new TaskMetrics({
    isKnown: (_product, type) => known.includes(type),
    counts: () => store.counts(),
  });
  engine.onCommit((task, events) => metrics.committed(task, events));
  const read = async () => {
    for (let i = 0; i < 10; i++) {
      await settle();
      await clock.advance(10_000);
    }
    return parseOpenMetrics(await exposition(metrics.families, "openmetrics"));
  };
  return { ...running, read };
}

describe("tasks, counted", () => {
  it("by type and state; how long a step took; how long its start", async () => {
    const { engine, read } = await start([slow]);
    await engine.submit({ type: "slow", input: {} }, caller);
    await engine.submit({ type: "slow", input: {} }, { ...caller, account: "2" });
    const families = await read();
    const labels = { product: "native", type: "slow" };
    const succeeded = { ...labels, state: "succeeded" };
    assert.equal(
      seriesValue(families, "taskscribe_tasks", succeeded),
      2,
      "of all accounts together",
    );
    assert.equal(seriesValue(families, "taskscribe_tasks_ended_total", succeeded), 2);
    assert.equal(
      seriesValue(families, "taskscribe_step_duration_seconds_count", { step: "work" }),
      2,
    );
    assert.ok((seriesValue(families, "taskscribe_step_duration_seconds_sum") ?? 0) >= 4);
    assert.equal(seriesValue(families, "taskscribe_task_start_delay_seconds_count"), 2);
    await engine.stop(0);
  });

  it("a delayed task's start counts from the moment it was delayed to", async () => {
    const { engine, read } = await start([slow]);
    await engine.submit({ type: "slow", input: {}, delayMs: 30_000 }, caller);
    const families = await read();
    const sum = seriesValue(families, "taskscribe_task_start_delay_seconds_sum");
    assert.ok(sum !== undefined && sum <= 10, `${sum} s`);
    await engine.stop(0);
  });

  it("attempts that failed, and the task once", async () => {
    const { engine, read } = await start([bad]);
    await engine.submit({ type: "bad", input: {} }, caller);
    const families = await read();
    assert.equal(seriesValue(families, "taskscribe_step_failures_total", { type: "bad" }), 2);
    assert.equal(seriesValue(families, "taskscribe_step_duration_seconds_count"), 1);
    assert.equal(seriesValue(families, "taskscribe_tasks_ended_total", { state: "failed" }), 1);
    await engine.stop(0);
  });

  it("types that nobody here knows have no name, and imported ends are not counted as ours", async () => {
    const { engine, read } = await start([slow], []);
    const { id } = await engine.submit({ type: "slow", input: {} }, caller);
    let families = await read();
    assert.equal(seriesValue(families, "taskscribe_tasks", { type: "unknown" }), 1);
    assert.equal(seriesValue(families, "taskscribe_step_duration_seconds_count"), undefined);

    const log = await engine.events({ account: caller.account, taskId: id, after: 0, limit: 100 });
    const events = log.flatMap((entry) => entry.events);
    const [first, ...others] = events;
    if (first?.type !== "TaskSubmitted") assert.fail("no submission");
    const moved = { ...first, task: { ...first.task, id: "t-elsewhere" } };
    await engine.importTask([moved, ...others], caller);
    families = await read();
    assert.equal(seriesValue(families, "taskscribe_tasks", { type: "unknown" }), 2);
    assert.equal(seriesValue(families, "taskscribe_tasks_ended_total", { type: "unknown" }), 1);
    await engine.stop(0);
  });
});
