import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Task } from "../../src/index.ts";
import { type ServerProcess, startServerProcess } from "../../test/support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-example-"));
let server: ServerProcess;

before(async () => {
  const config = join(import.meta.dirname, "taskscribe.config.ts");
  server = await startServerProcess(["--config", config, "--data", join(folder, "data")]);
});

after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

async function run(body: object): Promise<Task> {
  const created = await fetch(`${server.url}/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(created.status, 201);
  let task = (await created.json()) as Task;
  while (!["succeeded", "failed"].includes(task.state)) {
    await sleep(50);
    task = (await (await fetch(`${server.url}/v1/tasks/${task.id}`)).json()) as Task;
  }
  return task;
}

test("backup_database runs to its end, over a retry", async () => {
  const task = await run({ type: "backup_database", input: { database: "shop" } });
  assert.equal(task.state, "succeeded", JSON.stringify(task.error));
  assert.equal(task.outputs["file"], `shop-${task.id}.dump`);
  assert.equal(task.steps.find((step) => step.name === "dump")?.attempt, 2);
});

test("backup_database says what is missing", async () => {
  const task = await run({ type: "backup_database", input: {} });
  assert.equal(task.state, "failed");
  assert.equal(task.error?.code, "NoDatabase");
});

test("roll_out deploys both regions", async () => {
  const task = await run({ type: "roll_out", input: { version: "2.0" } });
  assert.equal(task.state, "succeeded", JSON.stringify(task.error));
  assert.deepEqual(
    task.items.map((item) => [item.id, item.status]),
    [
      ["cn-beijing", "success"],
      ["cn-shanghai", "success"],
    ],
  );
});
