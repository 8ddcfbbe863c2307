import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import type { Delivery, DeliveryResult } from "../../src/push/webhooks/sender.ts";
import { Webhooks } from "../../src/push/webhooks/webhooks.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import { caller, silent } from "../support/engine-bench.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";
import { until } from "../support/webhook-bench.ts";

/* Capability 1: what waits for the targets of an account's webhooks is bounded, waits in the log, and is not lost. */

const UNDELIVERED = 50;
const FLOOR = 20;
const { account } = caller;

const folder = mkdtempSync(join(tmpdir(), "taskscribe-lines-"));
const quick = defineTask({ type: "quick", steps: { only: async () => undefined } });

let server: Awaited<ReturnType<typeof startNativeServer>>;
let webhooks: Webhooks;
const sent: Delivery[] = [];
const hanging: (() => void)[] = [];
let hangs = (_url: string) => false;

before(async () => {
  server = await startNativeServer([quick]);
  webhooks = new Webhooks({
    store: await openSqliteWebhookStore(folder),
    service: server.engine,
    feed: server.push.feed,
    clock: server.clock,
    random: () => 0.5,
    send: async (delivery): Promise<DeliveryResult> => {
      if (hangs(delivery.url)) await new Promise<void>((resolve) => hanging.push(resolve));
      sent.push(delivery);
      return { delivered: true, status: 200 };
    },
    log: silent,
    limits: (_, kind) => ({ webhooks: 5, deliveries: 40, undelivered: UNDELIVERED })[kind],
  });
  server.push.webhooks = webhooks;
  await webhooks.start();
});

after(async () => {
  for (const proceed of hanging.splice(0)) proceed();
  await webhooks.stop();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function submitMany(number: number): Promise<void> {
  for (let i = 0; i < number; i++) {
    await server.engine.submit({ type: "quick", input: {} }, caller);
    if (i % 10 === 0) await settle();
  }
  await settle(50);
}

const positionsAt = (url: string) =>
  sent.filter((one) => one.url === url).map(({ body }) => Number(JSON.parse(body).position));

describe("the entries that wait for webhooks of an account", () => {
  it("are bounded while targets hang, another webhook goes on, and all arrive once the targets answer", async () => {
    const slow = ["https://slow.example/1", "https://slow.example/2", "https://slow.example/3"];
    for (const url of slow) await webhooks.create(account, { url });
    hangs = (url) => url.startsWith("https://slow");
    await submitMany(100);
    const { undelivered } = webhooks.usageOf(account);
    assert.ok(undelivered >= UNDELIVERED, `${undelivered} wait`);
    assert.ok(undelivered <= UNDELIVERED + slow.length * FLOOR, `${undelivered} wait`);

    const last = await server.push.feed.last();
    const lively = "https://lively.example";
    await webhooks.create(account, { url: lively });
    await submitMany(50);
    const all = await server.engine.events({ account, after: 0, limit: 10_000 });
    const since = all.filter(({ position }) => position > last).map(({ position }) => position);
    assert.ok(since.length >= 100);
    await until(() => positionsAt(lively).length >= since.length);
    assert.deepEqual(
      positionsAt(lively).sort((a, b) => a - b),
      since,
      "although the others are full",
    );

    hangs = () => false;
    while (hanging.length > 0) {
      for (const proceed of hanging.splice(0)) proceed();
      await settle(50);
    }
    await until(() => slow.every((url) => positionsAt(url).length >= all.length));
    for (const url of slow) {
      const got = positionsAt(url);
      assert.deepEqual(
        [...new Set(got)].sort((a, b) => a - b),
        all.map(({ position }) => position),
      );
      assert.equal(got.length, all.length, "nothing is sent twice");
    }
    assert.deepEqual(webhooks.usageOf(account).undelivered, 0);
  });

  it("are given back when their webhook is deleted", async () => {
    hangs = () => true;
    await submitMany(40);
    assert.ok(webhooks.usageOf(account).undelivered > 0);
    for (const { id } of webhooks.list(account)) await webhooks.remove(account, id);
    assert.equal(webhooks.usageOf(account).undelivered, 0);
    for (const proceed of hanging.splice(0)) proceed();
    await settle(50);
    assert.equal(webhooks.usageOf(account).undelivered, 0, "what was under way counts once");
  });
});

describe("the number of webhooks", () => {
  it("is bounded, also for many that are made at the same moment", async () => {
    const made = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        webhooks.create(account, { url: `https://many.example/${i}` }),
      ),
    );
    assert.equal(made.filter(({ status }) => status === "fulfilled").length, 5);
    assert.deepEqual(
      { ...webhooks.usageOf(account), undelivered: 0 },
      { webhooks: 5, refused: 15, deliveries: 0, undelivered: 0 },
    );
  });
});
