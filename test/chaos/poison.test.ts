import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Task } from "../../src/core/task.ts";
import { MAX_CRASHES } from "../../src/core/task.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { ChaosBench } from "./chaos-bench.ts";
import { ACCOUNT } from "./history.ts";

const GOOD = 20;
const bench = new ChaosBench("poison.config.ts");
after(() => bench.end());

async function tasksOf(type: string): Promise<readonly Task[]> {
  const store = await openSqliteStore(bench.data);
  const { tasks } = await store.list({ account: ACCOUNT, limit: 100 });
  await store.close();
  return tasks.filter((task) => task.type === type);
}

test("a step that kills its process each time fails, and tasks beside it continue", async () => {
  const first = await bench.start();
  const submit = (type: string) =>
    fetch(`${first.url}/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type, input: {} }),
    }).catch(() => undefined); // it died before it answered
  for (let i = 0; i < GOOD; i++) await submit("good");
  await submit("poison");
  let deaths = 1;
  for (; deaths <= MAX_CRASHES; deaths++) {
    // It may die before it is ready.
    const server = await bench.start().catch(() => undefined);
    if (server === undefined) continue;
    await Promise.race([
      new Promise((resolve) => void server.child.once("exit", resolve)),
      new Promise((resolve) => void setTimeout(resolve, 5_000).unref()),
    ]);
    if (server.child.signalCode === null) break;
  }
  await bench.killAll();
  const [poison] = await tasksOf("poison");
  assert.deepEqual([poison?.state, poison?.error?.code], ["failed", "StepCrashed"]);
  assert.equal(deaths, MAX_CRASHES);
  const good = await tasksOf("good");
  assert.equal(good.length, GOOD);
  for (const { state, steps } of good) {
    assert.equal(state, "running");
    assert.ok((steps[0]?.crashes ?? 0) <= 7, `counted ${steps[0]?.crashes} times`);
  }
});
