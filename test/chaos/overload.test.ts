import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../support/server-process.ts";
import { ChaosBench } from "./chaos-bench.ts";

const IDLE_CONNECTIONS = 10_000;
const SLOW_READERS = 200;
/** Opened at once; divides both. */
const BATCH = 200;
/** Calls started in each second, independent of the answers. This is far more than the service may answer. */
const CALLS_A_SECOND = 1_500;
const OVERLOAD_MS = 4_000;
const RECOVERY_MS = 5_000;
const MOST_MEMORY_MB = 700;

let bench: ChaosBench;
let sockets: Socket[] = [];
beforeEach(() => {
  bench = new ChaosBench("throttled.config.ts");
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await bench.end();
});

/** In MB. */
function memoryOf({ child }: ServerProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_000;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

const describeInAck = {
  headers: { "x-acs-version": "2015-12-15", "x-acs-action": "DescribeTaskInfo" },
};

async function ask(server: ServerProcess, path: string, init: RequestInit = {}): Promise<Answer> {
  const began = performance.now();
  const response = await fetch(server.url + path, init);
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - began };
}

/** Whose words a refusal is in. */
function dialectOf({ text }: Answer): string {
  return text.includes("HostId") ? "ack" : "native";
}

/** Connections from which nothing is read. */
async function open(server: ServerProcess, count: number, request = ""): Promise<void> {
  const [host = "", port = ""] = server.address.split(":");
  for (let i = 0; i < count; i += BATCH) {
    const batch = Array.from({ length: BATCH }, () => {
      const socket = connect(Number(port), host).on("error", () => {});
      sockets.push(socket);
      return new Promise<void>((resolve, reject) => {
        socket.once("connect", () => {
          socket.pause();
          if (request) socket.write(request);
          resolve();
        });
        socket.once("error", reject);
      });
    });
    await Promise.all(batch);
  }
}

/** How long a call takes after the others have finished. */
async function recovered(server: ServerProcess): Promise<number> {
  const began = performance.now();
  for (;;) {
    const { status, ms } = await ask(server, "/v1/tasks?limit=1");
    if (status === 200 && ms < 250) return performance.now() - began;
    assert.ok(performance.now() - began < RECOVERY_MS, `still ${status} after ${ms} ms`);
    await sleep(100);
  }
}

describe("more calls than allowed, started on time independent of the answers", () => {
  test("are refused in the caller's dialect, in bounded memory, and normal service returns when they end", async () => {
    const server = await bench.start();
    const answers: Answer[] = [];
    const under = new Set<Promise<void>>();
    const end = performance.now() + OVERLOAD_MS;
    let n = 0;
    for (let due = performance.now(); performance.now() < end; due += 20) {
      for (let i = 0; i < CALLS_A_SECOND / 50; i++) {
        const path = n++ % 2 ? "/tasks/T-000000000000000000000000" : "/v1/tasks?limit=20";
        const init = path.startsWith("/tasks") ? describeInAck : {};
        const call = ask(server, path, init)
          .then((answer) => void answers.push(answer))
          .finally(() => under.delete(call));
        under.add(call);
      }
      await sleep(Math.max(0, due + 20 - performance.now()));
    }
    const memory = memoryOf(server);
    await Promise.all(under);
    const refused = answers.filter(({ text }) => /"[cC]ode":"Throttling/.test(text));
    const served = answers.filter((one) => one.status === 200 || /not found/.test(one.text));
    assert.ok(served.length > 40 && refused.length > 100, `${served.length}, ${refused.length}`);
    const others = answers.filter((one) => !served.includes(one) && !refused.includes(one));
    assert.deepEqual(others, [], "nothing else is answered");
    assert.deepEqual(new Set(refused.map(dialectOf)), new Set(["ack", "native"]));
    assert.ok(memory < MOST_MEMORY_MB, `${memory} MB`);
    await sleep(1_000); // the bucket fills again
    assert.ok((await recovered(server)) < RECOVERY_MS);
    assert.equal(await server.end("SIGTERM"), 0);
  });
});

describe("clients that stay connected and do nothing", () => {
  test(`${IDLE_CONNECTIONS} idle connections and ${SLOW_READERS} that read nothing do not affect others`, async () => {
    await bench.end();
    bench = new ChaosBench(); // nothing is throttled
    const server = await bench.start();
    await bench.submitUntil(server, 50);
    const before = memoryOf(server);
    await open(server, IDLE_CONNECTIONS);
    const list = "GET /v1/tasks?limit=50 HTTP/1.1\r\nhost: a\r\n\r\n".repeat(20);
    await open(server, SLOW_READERS, list);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const { status, ms } = await ask(server, `/v1/tasks/${[...bench.answered][i]}`);
      assert.equal(status, 200);
      times.push(ms);
      await sleep(30);
    }
    const median = times.toSorted((a, b) => a - b)[10] ?? 0;
    assert.ok(median < 250, `${median} ms`);
    const memory = memoryOf(server);
    assert.ok(memory < MOST_MEMORY_MB, `${before} MB before, ${memory} MB with them`);
    assert.equal(await server.end("SIGTERM"), 0); // while all of them are still there
  });
});
