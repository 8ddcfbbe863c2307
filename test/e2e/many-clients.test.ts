import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

/** The number of clients, limited by file descriptors. TASKSCRIBE_CLIENTS=10000 gives the figures of docs/how-to/waiting.md. */
const CLIENTS = Number(process.env["TASKSCRIBE_CLIENTS"] ?? 400);

const folder = mkdtempSync(join(tmpdir(), "taskscribe-many-"));
let server: ServerProcess;

before(async () => {
  const config = join(import.meta.dirname, "../support/every-end.config.ts");
  server = await startServerProcess(["--data", join(folder, "data"), "--config", config]);
});
after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

interface Client {
  readonly socket: Socket;
  /** What came, what is awaited in it, and when that came (ms since the epoch). */
  text: string;
  awaits: string;
  heardAt: number | undefined;
}

async function open(path: string): Promise<Client> {
  const [host = "", port = ""] = server.address.split(":");
  const socket = connect(Number(port), host);
  const client: Client = { socket, text: "", awaits: "", heardAt: undefined };
  socket.setEncoding("latin1").on("data", (text: string) => {
    client.text = (client.text + text).slice(-20_000);
    if (client.heardAt !== undefined || client.awaits === "") return;
    if (client.text.includes(client.awaits)) client.heardAt = Date.now();
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await new Promise((resolve) => socket.once("connect", resolve));
  return client;
}

async function openMany(path: string): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < CLIENTS) {
    const some = Array.from({ length: Math.min(200, CLIENTS - clients.length) }, () => open(path));
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}

/** The time from the cancel to each client, in ms, sorted. It includes the commit. */
async function heard(
  clients: readonly Client[],
  task: { cancel: { at: string } },
): Promise<number[]> {
  const began = Date.parse(task.cancel.at);
  while (clients.some(({ heardAt }) => heardAt === undefined)) await turn();
  return clients.map(({ heardAt = 0 }) => heardAt - began).sort((a, b) => a - b);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const rssMb = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))?.[1]) /
  1024;
const quantile = (sorted: readonly number[], q: number) =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);

async function post(path: string, body: object) {
  const headers = { "content-type": "application/json" };
  const sent = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${server.url}${path}`, sent);
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  return (await response.json()) as any;
}

/** A task that stands still until it is controlled. */
const submit = async () => {
  const delayed = { type: "copy", input: {}, notBefore: "2100-01-01T00:00:00Z" };
  return String((await post("/v1/tasks", delayed)).id);
};

describe(`${CLIENTS} clients at once`, { skip: process.platform !== "linux" }, () => {
  it("streams: a change reaches all of them, memory is bounded, and all is freed", async (t) => {
    const id = await submit();
    const before = rssMb();
    const clients = await openMany("/v1/events");
    while (clients.some(({ text }) => !text.includes("id: "))) await turn();
    const during = rssMb();
    for (const client of clients) client.awaits = "TaskCanceled";
    const task = await post(`/v1/tasks/${id}/cancel`, { reason: "measured" });
    const times = await heard(clients, task);
    t.diagnostic(
      `streams: ${before.toFixed(0)} MB before, ${during.toFixed(0)} MB with, ${rssMb().toFixed(0)} MB after a change; heard after ${quantile(times, 0.5)} ms (half), ${quantile(times, 0.99)} ms (p99), ${quantile(times, 1)} ms (all)`,
    );
    assert.ok(((during - before) * 1024) / CLIENTS < 100, "less than 100 KB a stream");
    for (const { socket } of clients) socket.destroy();
  });

  it("waits: the end reaches all of them", async (t) => {
    const id = await submit();
    const before = rssMb();
    const clients = await openMany(`/v1/tasks/${id}/wait?timeout=120`);
    // A client cannot see that a wait has begun. So one more request is sent after all of them.
    await fetch(`${server.url}/v1/tasks/${id}`);
    const during = rssMb();
    for (const client of clients) client.awaits = '"met":true';
    const task = await post(`/v1/tasks/${id}/cancel`, { reason: "measured" });
    const times = await heard(clients, task);
    t.diagnostic(
      `waits: ${before.toFixed(0)} MB before, ${during.toFixed(0)} MB with; heard after ${quantile(times, 0.5)} ms (half), ${quantile(times, 0.99)} ms (p99), ${quantile(times, 1)} ms (all)`,
    );
    for (const { socket } of clients) socket.destroy();
  });
});
