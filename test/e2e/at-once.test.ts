import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-at-once-"));
let server: ServerProcess;

before(async () => {
  server = await startServerProcess(["--data", join(folder, "data")]);
});

after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

async function ask<T>(method: string, path: string, body?: URLSearchParams): Promise<T> {
  const headers = path.startsWith("/api") ? { "x-acs-version": "2023-08-08" } : {};
  const answer = await fetch(server.url + path, { method, headers, ...(body && { body }) });
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as T;
}

test("a task can be found by its id and in lists as soon as the id is answered", async () => {
  const rule = new URLSearchParams({ ResourceArn: "acs:oss:1000000000000001::bucket/demo-logs" });
  // Many submissions run at once, so that commits share transactions, with reads between them.
  const clients = Array.from({ length: 16 }, async () => {
    for (let i = 0; i < 8; i++) {
      const begun = await ask<{ Data: { TaskId: string } }>("POST", "/api/v1/rules/check", rule);
      const { TaskId: id } = begun.Data;
      const [own, listed, all] = await Promise.all([
        ask<{ Data: { TaskId: string } }>("GET", `/api/v1/tasks/${id}`),
        ask<{ Data: { Content: { TaskId: string }[] } }>("GET", "/api/v1/tasks?MaxResults=50"),
        ask<{ tasks: { id: string }[] }>("GET", "/v1/tasks?limit=50"),
      ]);
      assert.equal(own.Data.TaskId, id);
      assert.ok(
        listed.Data.Content.some(({ TaskId }) => TaskId === id),
        `${id} is not in the product's list`,
      );
      assert.ok(
        all.tasks.some((task) => task.id === id),
        `${id} is not in our list`,
      );
    }
  });
  await Promise.all(clients);
});
