import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { TaskscribeClient } from "../../src/client/index.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/* Rows 19 and 21 of issue 15, over real HTTP. */

const CONFIG = join(import.meta.dirname, "../support/every-end.config.ts");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-targets-"));
/** Requests by the address that they came to, and those that have no answer yet. */
const came: string[] = [];
const open: ServerResponse[] = [];
let broken = 0;
const receiver = createServer((incoming, response) => {
  const host = incoming.socket.localAddress ?? "";
  came.push(host);
  incoming.resume();
  if (host === "127.0.0.1") return void response.end();
  open.push(response);
  response.on("close", () => {
    broken += 1;
  });
});
let port = 0;
let server: ServerProcess;
let client: TaskscribeClient;

async function start(): Promise<void> {
  const args = ["--config", CONFIG, "--data", folder, "--webhook-targets", "any"];
  server = await startServerProcess(args);
  client = new TaskscribeClient({ endpoint: server.url });
}

before(async () => {
  await new Promise<void>((listens) => void receiver.listen(0, "0.0.0.0", listens));
  port = (receiver.address() as AddressInfo).port;
  await start();
});
beforeEach(() => {
  came.length = 0;
  open.length = 0;
  broken = 0;
});
after(async () => {
  await server.end("SIGKILL");
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function until(what: string, met: () => boolean, seconds = 20): Promise<void> {
  for (let i = 0; !met(); i++) {
    assert.ok(i < seconds * 50, `${what}: it did not come in ${seconds} s`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

const create = (host: string) =>
  client.webhooks.create({ url: `http://${host}:${port}/`, filter: "state:succeeded" });

async function runMany(count: number): Promise<void> {
  const made = Array.from({ length: count }, () =>
    client.submit({ type: "copy", input: { ms: 0 } }),
  );
  for (const { task } of await Promise.all(made)) await client.waitFor(task.id);
}

describe("row 19: eight targets that hang", () => {
  it("do not hold up another webhook of their account", async () => {
    const hanging = Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 2}`);
    const made = await Promise.all([...hanging, "127.0.0.1"].map(create));
    const began = performance.now();
    await runMany(200);
    const lively = () => came.filter((host) => host === "127.0.0.1").length;
    await until("all 200", () => lively() >= 200);
    const seconds = (performance.now() - began) / 1_000;
    assert.ok(seconds < 9, `before the first attempt has timed out, not after ${seconds} s`);
    assert.equal(lively(), 200);
    for (const { id } of made) await client.webhooks.delete(id);
    await until("all broken off", () => broken === open.length, 5);
  });
});

describe("row 21: a webhook whose target hangs", () => {
  it("breaks its attempts off when it is deleted, and sends nothing after the answer", async () => {
    const { id } = await create("127.0.0.2");
    await runMany(20);
    await until("eight attempts", () => open.length === 8);
    await client.webhooks.delete(id);
    const sent = came.length;
    await until("broken off", () => broken === 8, 5);
    assert.equal(came.length, sent, "nothing is sent after the answer");
  });

  it("does not hold up the stop of the server, and goes on after the next start", async () => {
    const { id } = await create("127.0.0.2");
    await runMany(4);
    await until("four attempts", () => open.length === 4);
    const began = performance.now();
    assert.equal(await server.end("SIGTERM"), 0);
    assert.ok(performance.now() - began < 8_000, "it did not wait for their timeout");
    await until("broken off", () => broken === 4, 5);
    came.length = 0;
    await start();
    await until("again", () => came.length === 4);
    await client.webhooks.delete(id);
  });
});
