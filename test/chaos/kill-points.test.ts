import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { FAULT_POINTS, type FaultPoint } from "../../src/fault-points.ts";
import { command } from "../support/command.ts";
import type { Faults } from "../support/faults.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { ChaosBench, inParallel } from "./chaos-bench.ts";
import { checkHistory } from "./history.ts";

// Kills the server at every fault point, in one data directory. Each start recovers from the kill before it.

const IN_START: readonly FaultPoint[] = ["before-recover"];
const IN_STOP: readonly FaultPoint[] = ["in-stop", "before-checkpoint", "after-checkpoint"];
/** The migrations are killed in a new directory, where every step of every schema runs. */
const IN_MIGRATION: readonly FaultPoint[] = ["before-migration", "in-migration", "after-migration"];
/** A server reaches these once, or the first time is the interesting one. */
const RARE = /archive|access|secret-key/;
/** Checks that the server printed no error, so that only the kill ended it. */
const KILLED = /ended before it was ready: \s*$/;
const DEATH_MS = 20_000;

const bench = new ChaosBench("archived.config.ts");
const received = new Map<string, number[]>();
let receiver: Server;
let killed = 0;

before(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { taskId, position } = JSON.parse(Buffer.concat(chunks).toString());
      received.set(taskId, [...(received.get(taskId) ?? []), position]);
      response.end();
    });
  });
  await new Promise<void>((resolve) => void receiver.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await bench.end();
});

async function call(
  server: ServerProcess,
  path: string,
  body: object,
): Promise<Response | undefined> {
  return fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => undefined);
}

/** Tasks, keys and webhooks, and the secret key if the point is about it, until the server is gone. */
async function use(server: ServerProcess, point: FaultPoint): Promise<void> {
  const dead = new Promise<void>((resolve) => server.child.once("exit", () => resolve()));
  const late = setTimeout(() => server.child.kill("SIGUSR2"), DEATH_MS);
  await Promise.all([
    dead,
    bench.submitUntil(server, 60),
    call(server, "/v1/access/CreateAccessKey", {}),
    point.includes("secret-key") && command("secret", "rotate", "--data", bench.data),
  ]);
  clearTimeout(late);
  assert.equal(server.child.signalCode, "SIGKILL", "the fault point was reached");
}

/** False if the server did not reach the point. It is then stopped. */
async function diesAtOnce(faults: Faults): Promise<boolean> {
  try {
    await (await bench.start(faults)).end("SIGTERM");
    return false;
  } catch (error) {
    assert.match(String(error), KILLED);
    return true;
  }
}

/** A life in which tasks end: the next start has something to archive. */
async function endSome(): Promise<void> {
  const server = await bench.start();
  await bench.submitUntil(server, 5);
  await bench.settled();
  await server.end("SIGKILL");
}

/** Starts the server, does what leads to the fault point, and checks that the server dies there. */
async function killAt(point: FaultPoint, nth: number): Promise<void> {
  if (/archive/.test(point)) await endSome();
  // Tasks that a start takes over may reach the point too, before the server prints its address.
  const server = await bench.start({ [point]: `kill@${nth}` }).catch((error: unknown) => {
    assert.match(String(error), KILLED);
  });
  assert.ok(!server || !IN_START.includes(point), "the fault point was not reached");
  if (server === undefined) return;
  if (!IN_STOP.includes(point)) return use(server, point);
  await bench.submitUntil(server, 5);
  await server.end("SIGTERM");
  assert.equal(server.child.signalCode, "SIGKILL", "the fault point was reached");
}

describe("killed at each step of each schema", () => {
  test("the next start goes on from there", async () => {
    await assert.rejects(bench.start({ "before-migration": "kill@1" }), KILLED);
    let steps = 0;
    for (; await diesAtOnce({ "in-migration": "kill@1" }); steps++) {
      // Nothing of that step was kept. Here it was kept, and the next start continues after it.
      assert.ok(await diesAtOnce({ "after-migration": "kill@1" }));
    }
    assert.ok(steps >= 6, `${steps} steps of three schemas`);
    const server = await bench.start();
    const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    assert.equal((await call(server, "/v1/webhooks", { url: address }))?.status, 201);
    await bench.submitUntil(server, 20);
    assert.equal(await server.end("SIGTERM"), 0);
  });
});

describe("killed at each fault point under load", () => {
  const points = Object.keys(FAULT_POINTS) as FaultPoint[];
  for (const point of points.filter((one) => !IN_MIGRATION.includes(one))) {
    test(point, async () => {
      const once = RARE.test(point) || IN_START.includes(point) || IN_STOP.includes(point);
      await killAt(point, once ? 1 : 1 + Math.floor(Math.random() * 12));
      killed++;
    });
  }

  test("no answer is lost, no recorded step ran again, every event was delivered in order", async () => {
    assert.equal(killed, points.length - IN_MIGRATION.length);
    const server = await bench.start();
    assert.deepEqual(await bench.missing(server), []);
    await bench.retryUnanswered(server);
    await inParallel([...bench.tokens.keys()], async (token) => {
      assert.ok(await bench.submit(server, token));
    });
    assert.deepEqual(new Set(bench.tokens.values()).size, bench.tokens.size, "one token, one task");
    await bench.settled();
    assert.equal(await server.end("SIGTERM"), 0);
    const { tasks } = await checkHistory(bench.data, bench);
    assert.ok(tasks >= bench.tokens.size);
    for (const [id, positions] of received) {
      const firsts = [...new Set(positions)];
      assert.deepEqual(
        firsts,
        firsts.toSorted((a, b) => a - b),
        `${id} was told in order`,
      );
    }
    assert.ok(received.size > 20);
  });
});
