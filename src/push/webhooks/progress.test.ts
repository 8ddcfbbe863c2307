import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ACCOUNT,
  settle,
  until,
  webhookAt,
  webhookBench,
} from "../../../test/support/webhook-bench.ts";
import { openSqliteWebhookStore } from "../../store/sqlite/webhooks/sqlite-webhook-store.ts";

const URL = "https://rare.example/hook";

/** A store in memory that stays open, so that the next server finds what the last one saved. */
async function lastingStore() {
  const store = await openSqliteWebhookStore(":memory:");
  store.close = async () => {};
  return store;
}

describe("row 22: the position of a webhook that rarely matches", () => {
  it("is saved as it advances, though nothing fits, and the next start reads only what is new", async () => {
    const store = await lastingStore();
    await store.put(webhookAt(URL, { filter: "type:never" }));
    const first = await webhookBench({ store });
    for (let i = 0; i < 250; i++) first.service.append(`T-${i}`);
    await first.webhooks.start();
    await settle(); // read from the log
    for (let i = 250; i < 500; i++) first.append(`T-${i}`);
    await settle(); // told live
    let saves = 0;
    const { saveProgress } = store;
    store.saveProgress = (progress) => {
      saves += 1;
      return saveProgress.call(store, progress);
    };
    await first.clock.advance(1_000);
    assert.equal((await store.all())[0]?.cursor, 500);
    assert.equal(saves, 1, "not for each entry");

    // As after a kill: without a stop.
    const second = await webhookBench({ store, service: first.service });
    second.service.read = 0;
    await second.webhooks.start();
    await settle();
    assert.equal(second.service.read, 0);
    assert.equal(second.webhooks.list(ACCOUNT)[0]?.cursor, 500);
    assert.deepEqual([...first.sent, ...second.sent], []);
  });

  it("is saved when its filter has to read tasks first", async () => {
    const store = await lastingStore();
    await store.put(webhookAt(URL, { filter: "type:never state:failed" }));
    const { service, clock, webhooks } = await webhookBench({ store });
    for (let i = 0; i < 10; i++) service.append("T-1");
    await webhooks.start();
    await settle();
    await clock.advance(1_000);
    assert.equal((await store.all())[0]?.cursor, 10);
  });
});

describe("a start with many webhooks", () => {
  it("reads the log once for all that are at the same place", async () => {
    const store = await lastingStore();
    for (let i = 0; i < 50; i++) {
      await store.put(webhookAt(`https://many.example/${i}`, { filter: "type:never" }));
    }
    const bench = await webhookBench({ store });
    for (let i = 0; i < 5_000; i++) bench.service.append(`T-${i % 50}`);
    await bench.webhooks.start();
    await until(() => bench.webhooks.list(ACCOUNT).every(({ cursor }) => cursor === 5_000));
    assert.ok(bench.service.read <= 10_000, `${bench.service.read} entries, not 250,000`);
  });

  it("catches up with 10,000 entries with few of them in memory, in order and without gaps", async () => {
    const store = await lastingStore();
    await store.put(webhookAt(URL));
    const bench = await webhookBench({ store });
    for (let i = 0; i < 10_000; i++) bench.service.append(`T-${i % 3_000}`);
    await bench.webhooks.start();
    await until(() => bench.sent.length >= 10_000);
    const byTask = Map.groupBy(bench.sent, ({ taskId }) => taskId);
    for (const [taskId, all] of byTask) {
      const positions = all.map(({ position }) => position);
      assert.deepEqual(
        positions,
        positions.toSorted((a, b) => a - b),
        taskId,
      );
    }
    assert.equal(new Set(bench.positions()).size, 10_000);
    assert.equal(bench.webhooks.usageOf(ACCOUNT).undelivered, 0);
  });
});

describe("suspicion: positions whose write failed", () => {
  it("are written later, the newest ones, and nothing is sent twice or lost", async () => {
    const store = await lastingStore();
    await store.put(webhookAt(URL));
    const bench = await webhookBench({ store });
    await bench.webhooks.start();
    const { saveProgress } = store;
    store.saveProgress = () => Promise.reject(new Error("the disk is full"));
    for (let i = 0; i < 5; i++) bench.append(`T-${i}`);
    await bench.clock.advance(10_000);
    assert.equal((await store.all())[0]?.cursor, 0);
    assert.ok(bench.logged.length > 0 && bench.logged.length < 5, `${bench.logged.length} lines`);
    bench.append("T-5");
    await until(() => bench.sent.length === 6);
    store.saveProgress = saveProgress;
    await bench.clock.advance(60_000); // nothing moves any more
    assert.equal((await store.all())[0]?.cursor, 6);

    const next = await webhookBench({ store, service: bench.service });
    await next.webhooks.start();
    next.append("T-6");
    await until(() => next.sent.length > 0);
    assert.deepEqual(next.positions(), [7]);
    assert.deepEqual(bench.positions(), [1, 2, 3, 4, 5, 6]);
  });

  it("do not keep the server from stopping", async () => {
    const store = await lastingStore();
    await store.put(webhookAt(URL));
    const bench = await webhookBench({ store });
    await bench.webhooks.start();
    bench.append("T-1");
    await settle();
    let isClosed = false;
    store.close = async () => {
      isClosed = true;
    };
    store.saveProgress = () => Promise.reject(new Error("the disk is full"));
    await bench.webhooks.stop();
    assert.equal(isClosed, true);
  });
});
