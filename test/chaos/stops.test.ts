import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ChaosBench } from "./chaos-bench.ts";
import { checkHistory } from "./history.ts";

/** How long the process is stopped. By hand 90 s: CHAOS_STOP_MS=90000. */
const STOP_MS = Number(process.env["CHAOS_STOP_MS"] ?? 4_000);
const PROMPT_MS = 2_000;

let bench: ChaosBench;
beforeEach(() => {
  bench = new ChaosBench();
});
afterEach(() => bench.end());

/** Submits until told to stop, or until the server is gone. */
function load(server: Awaited<ReturnType<ChaosBench["start"]>>): () => Promise<void> {
  let going = true;
  const clients = Array.from({ length: 20 }, async () => {
    while (going && (await bench.submit(server, crypto.randomUUID()))) await sleep(20);
  });
  return async () => {
    going = false;
    await Promise.all(clients);
  };
}

describe("SIGSTOP, then SIGCONT", () => {
  test(`after ${STOP_MS} ms each step has run once, and the log says that the process stood still`, async () => {
    const server = await bench.start();
    await bench.submitUntil(server, 100);
    server.child.kill("SIGSTOP");
    await sleep(STOP_MS);
    server.child.kill("SIGCONT");
    await bench.submitUntil(server, 100);
    await bench.settled();
    assert.match(server.errors(), /"stalledMs":\d{4,}.*the process stood still/);
    assert.equal(await server.end("SIGTERM"), 0);
    const { tasks, attempts } = await checkHistory(bench.data, bench);
    assert.deepEqual([tasks, attempts], [200, 800]);
  });
});

describe("SIGTERM under load", () => {
  test("answers all accepted requests, ends with 0, and the next start continues", async () => {
    const server = await bench.start({}, "--drain-ms", "3000");
    const stopLoad = load(server);
    await sleep(700);
    assert.equal(await server.end("SIGTERM"), 0);
    await stopLoad();
    const before = readFileSync(bench.witness, "utf8").trim().split("\n").length;
    const next = await bench.start();
    assert.deepEqual(await bench.missing(next), []);
    await bench.retryUnanswered(next);
    await bench.settled();
    assert.equal(await next.end("SIGTERM"), 0);
    const { tasks, attempts } = await checkHistory(bench.data, bench);
    assert.ok(before > 0 && tasks >= bench.answered.size);
    // Running steps ended in time or were given back. So a graceful stop costs no attempt.
    assert.equal(attempts, tasks * 4);
  });

  test("a second one stops at once, and no answer is lost", async () => {
    const server = await bench.start({}, "--drain-ms", "60000");
    const stopLoad = load(server);
    await sleep(700);
    server.child.kill("SIGTERM");
    await sleep(50);
    const asked = Date.now();
    assert.equal(await server.end("SIGTERM"), 1);
    assert.ok(Date.now() - asked < PROMPT_MS);
    await stopLoad();
    const next = await bench.start();
    assert.deepEqual(await bench.missing(next), []);
    await bench.retryUnanswered(next);
    await bench.settled();
    assert.equal(await next.end("SIGTERM"), 0);
    await checkHistory(bench.data, bench);
  });
});
