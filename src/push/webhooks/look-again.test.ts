import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ACCOUNT,
  hanging,
  OK,
  settle,
  webhookAt,
  webhookBench,
} from "../../../test/support/webhook-bench.ts";
import type { DeliveryResult } from "./sender.ts";

const URL = "https://slow.example/hook";

/** A webhook with eight attempts under way, and more entries that wait for their turn. */
async function busy() {
  const bench = await webhookBench();
  await bench.webhooks.start();
  const webhook = await bench.webhooks.create(ACCOUNT, { url: URL });
  const results: ((result: DeliveryResult) => void)[] = [];
  const aborted: boolean[] = [];
  bench.answer = ({ signal }) =>
    new Promise((resolve) => {
      results.push(resolve);
      signal.addEventListener("abort", () => aborted.push(true));
    });
  for (let i = 0; i < 20; i++) bench.append(`T-${i}`);
  await bench.passedOn();
  await settle();
  assert.equal(bench.sent.length, 8);
  return { ...bench, bench, webhook, results, aborted };
}

describe("row 21: a webhook that is deleted", () => {
  it("sends nothing after the answer, and what is on the wire is aborted", async () => {
    const { bench, webhook, results, aborted, clock } = await busy();
    await bench.webhooks.remove(ACCOUNT, webhook.id);
    assert.equal(aborted.length, 8, "what was under way is aborted");
    bench.answer = () => OK;
    for (const end of results) end({ delivered: false, error: "it was aborted" });
    await clock.advance(24 * 3_600_000);
    assert.equal(bench.sent.length, 8);
    assert.deepEqual(await bench.store.deadLetters(webhook.id, 0, 100), []);
    assert.equal(bench.webhooks.usageOf(ACCOUNT).deliveries, 0);
    assert.equal(clock.pending, 0, "nothing waits for it");
  });

  it("ends a test of it that is under way", async () => {
    const { bench, webhook, clock } = await busy();
    const other = await bench.webhooks.create(ACCOUNT, { url: "https://other.example" });
    bench.answer = hanging(clock);
    const test = bench.webhooks.test(ACCOUNT, other.id);
    await settle();
    await bench.webhooks.remove(ACCOUNT, other.id);
    assert.deepEqual(await test, { delivered: false, error: "the webhook was deleted" });
    await bench.webhooks.remove(ACCOUNT, webhook.id);
  });

  it("goes on if the store could not delete it", async () => {
    const { bench, webhook, results, store } = await busy();
    const { remove } = store;
    store.remove = () => Promise.reject(new Error("the disk is full"));
    await assert.rejects(bench.webhooks.remove(ACCOUNT, webhook.id), /the disk is full/);
    store.remove = remove;
    bench.answer = () => OK;
    for (const end of results) end(OK);
    await settle();
    assert.equal(bench.sent.length, 20);
    assert.equal(bench.webhooks.get(ACCOUNT, webhook.id).cursor, 20);
  });

  it("counts once when two calls delete it at the same time", async () => {
    const { bench, webhook } = await busy();
    await bench.webhooks.create(ACCOUNT, { url: "https://other.example" });
    await Promise.allSettled([1, 2].map(() => bench.webhooks.remove(ACCOUNT, webhook.id)));
    assert.equal(bench.webhooks.usageOf(ACCOUNT).webhooks, 1);
  });
});

describe("row 21: a server that stops", () => {
  it("sends nothing more, and sends again after the next start what had no answer", async () => {
    const { bench, results, aborted, service, store, clock } = await busy();
    store.close = async () => {};
    const stopped = bench.webhooks.stop();
    assert.equal(aborted.length, 8);
    bench.answer = () => OK;
    for (const end of results) end({ delivered: false, error: "it was aborted" });
    await stopped;
    await clock.advance(24 * 3_600_000);
    assert.equal(bench.sent.length, 8);
    const next = await webhookBench({ service, store, clock });
    await next.webhooks.start();
    await settle();
    assert.equal(next.sent.length, 20);
    await next.webhooks.stop();
  });

  it("makes no attempt for a webhook that is made while it stops", async () => {
    const bench = await webhookBench();
    await bench.webhooks.start();
    const making = bench.webhooks.create(ACCOUNT, { url: URL });
    const stopped = bench.webhooks.stop();
    await Promise.allSettled([making, stopped]);
    bench.append("T-1");
    await settle();
    assert.equal(bench.sent.length, 0);
  });
});

describe("row 21: the rights of the key that made a webhook", () => {
  it("are looked at again right before an entry is sent that waited for its turn", async () => {
    let may = true;
    const bench = await webhookBench({ mayRead: () => may });
    const madeBy = { accessKeyId: "k", source: "192.0.2.1", secure: true };
    await bench.store.put(webhookAt(URL, { madeBy }));
    await bench.webhooks.start();
    const results: ((result: DeliveryResult) => void)[] = [];
    bench.answer = () => new Promise((resolve) => results.push(resolve));
    for (let i = 0; i < 20; i++) bench.append(`T-${i}`);
    await settle();
    assert.equal(bench.sent.length, 8);
    may = false;
    for (const end of results) end(OK);
    await settle();
    assert.equal(bench.sent.length, 8);
  });
});
