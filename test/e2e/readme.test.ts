import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Task } from "../../src/index.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-readme-"));
let server: ServerProcess;

before(async () => {
  const config = join(folder, "taskscribe.config.ts"); // where nothing is installed
  writeFileSync(config, part(/```ts\n([\s\S]+?)```/));
  const data = join(folder, "data");
  server = await startServerProcess(["--speed", "20", "--data", data, "--config", config]);
});

after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

describe("the snippets of the README work", () => {
  // A poll may come before the first stage has begun.
  test("the official SDK starts a scale-out and follows it to its end", async () => {
    const script = join(folder, "hello.mjs");
    const snippet = part(/<<'END'\n([\s\S]+?)\nEND\n/);
    assert.match(snippet, /"127\.0\.0\.1:4010"/);
    writeFileSync(script, snippet.replace("127.0.0.1:4010", server.address));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: root });
    assert.match(stdout, /^T-[0-9a-f]{24} running \w*\n/);
    assert.match(stdout, /\nT-[0-9a-f]{24} success \n$/);
  });

  test("a task type of one's own", async () => {
    const task = await finished({ type: "backup", input: { database: "orders" } });
    assert.equal(task.state, "succeeded", JSON.stringify(task.error));
    assert.equal(task.outputs["file"], `orders-${task.id}.dump`);
    assert.equal(task.message, `uploading ${task.outputs["file"]}`);
  });
});

/** The text of the README that the pattern finds. */
function part(pattern: RegExp): string {
  const found = pattern.exec(readme)?.[1];
  assert.ok(found, `the README has nothing like ${pattern}`);
  return found;
}

async function finished(body: object): Promise<Task> {
  const headers = { "content-type": "application/json" };
  const sent = { method: "POST", headers, body: JSON.stringify(body) };
  const { id } = (await (await fetch(`${server.url}/v1/tasks`, sent)).json()) as Task;
  const waited = await fetch(`${server.url}/v1/tasks/${id}/wait?timeout=30`);
  const { task } = (await waited.json()) as { task: Task };
  return task;
}
