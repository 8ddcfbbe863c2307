import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { csClient } from "../support/official-clients.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-own-product-"));
let server: ServerProcess;

before(async () => {
  const config = join(import.meta.dirname, "../support/own-product.config.ts");
  server = await startServerProcess(["--config", config, "--data", join(folder, "data")]);
});

after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

describe("a task type of one's own with a vendor's product", () => {
  test("is watched and canceled with that product's SDK", async () => {
    const target = { type: "cluster", id: "rack-7" };
    const body = JSON.stringify({ type: "rack_install", product: "ack", target });
    const headers = { "content-type": "application/json" };
    const sent = await fetch(`${server.url}/v1/tasks`, { method: "POST", headers, body });
    const { id } = (await sent.json()) as { id: string };
    assert.match(id, /^T-[0-9a-f]{24}$/);
    const sdk = csClient(server.address, { accessKeyId: "any", accessKeySecret: "any" }, "acs3");
    const look = async () => {
      const { body: task } = await sdk.describeTaskInfo(id);
      return task ?? assert.fail("no body");
    };
    let task = await look();
    while (task.currentStage !== "Burn") task = await look();
    assert.equal(task.clusterId, "rack-7");
    assert.equal(task.taskType, "rack_install");
    assert.deepEqual(
      task.taskResult?.map(({ data, status }) => [data, status]),
      [["server-1", "success"]],
    );
    await sdk.cancelTask(id);
    while (task.state === "running") task = await look();
    assert.equal(task.state, "canceled");
  });

  test("is refused if nobody has that product", async () => {
    const config = join(folder, "nobody.config.ts");
    const type = `defineTask({ type: "t", product: "nobody", steps: { a: async () => {} } })`;
    writeFileSync(
      config,
      `import { defineConfig, defineTask } from "taskscribe";\nexport default defineConfig({ types: [${type}] });\n`,
    );
    await assert.rejects(
      startServerProcess(["--config", config, "--data", join(folder, "other")]),
      /task type "t" is of product "nobody"; give one of native, ack, lingjun, bdrc, cloudcontrol/,
    );
  });
});
