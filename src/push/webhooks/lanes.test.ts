import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ACCOUNT,
  OK,
  REFUSED,
  SILENT,
  settle,
  until,
  type WebhookBench,
  webhookAt,
  webhookBench,
} from "../../../test/support/webhook-bench.ts";
import { openSqliteWebhookStore } from "../../store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { DeliveryResult } from "./sender.ts";

const URL = "https://choosy.example/hook";
const HOUR = 3_600_000;

/** A store in memory that stays open, so that the next server finds what the last one saved. */
async function lastingStore() {
  const store = await openSqliteWebhookStore(":memory:");
  store.close = async () => {};
  return store;
}

/** The target refuses one task, in this way, and takes the others. */
function refusing(bench: WebhookBench, taskId: string, result: DeliveryResult): void {
  bench.answer = ({ body }) => (body.includes(`"taskId":"${taskId}"`) ? result : OK);
}

const of = (bench: WebhookBench, taskId: string) =>
  bench.sent.filter((one) => one.taskId === taskId).map(({ position }) => position);

/** One server with a webhook at the beginning of its log. */
async function started(more: Parameters<typeof webhookBench>[0] = {}) {
  const store = more.store ?? (await lastingStore());
  if ((await store.all()).length === 0) await store.put(webhookAt(URL));
  const bench = await webhookBench({ ...more, store });
  return bench;
}

const letters = async (bench: WebhookBench) =>
  bench.store.deadLetters(webhookAt(URL).id, 0, 10_000);

describe("row 20: a task with more than 1,000 refused entries", () => {
  it("does not hold up other tasks, and its entries are dead letters within hours, each tried", async () => {
    const bench = await started();
    refusing(bench, "T-bad", REFUSED);
    for (let i = 0; i < 1_500; i++) bench.service.append("T-bad");
    for (let i = 0; i < 20; i++) bench.service.append(`T-${i}`);
    await bench.webhooks.start();
    await until(() => bench.sent.length >= 21);
    assert.equal(of(bench, "T-bad").length, 1);
    await bench.clock.advance(5 * HOUR);
    await settle(5_000);
    const dead = await letters(bench);
    assert.equal(dead.length, 1_500);
    assert.deepEqual(
      dead.map(({ attempts }) => attempts),
      [16, ...Array.from({ length: 1_499 }, () => 1)],
    );
    assert.equal(bench.webhooks.get(ACCOUNT, webhookAt(URL).id).cursor, 1_520);
    assert.equal(bench.webhooks.usageOf(ACCOUNT).undelivered, 0);
  });

  it("given a target that does not answer at all, then those behind the first are given up with it", async () => {
    const bench = await started();
    bench.answer = () => SILENT;
    for (let i = 0; i < 300; i++) bench.service.append("T-bad");
    await bench.webhooks.start();
    await bench.clock.advance(6 * HOUR);
    await settle(1_000);
    const dead = await letters(bench);
    assert.equal(dead.length, 300);
    assert.equal(dead.at(-1)?.attempts, 0);
    assert.match(dead.at(-1)?.error ?? "", /^not tried: an earlier entry of its task was given up/);
  });

  it("given a target that takes the next entry, then the one behind it has all its attempts again", async () => {
    const bench = await started();
    bench.answer = ({ body }) => (body.includes('"position":2,') ? OK : REFUSED);
    for (let i = 0; i < 3; i++) bench.service.append("T-bad");
    await bench.webhooks.start();
    await bench.clock.advance(5 * HOUR);
    assert.deepEqual(
      (await letters(bench)).map(({ position }) => position),
      [1],
    );
    await bench.clock.advance(5 * HOUR);
    const dead = await letters(bench);
    assert.deepEqual(
      dead.map(({ position, attempts }) => [position, attempts]),
      [
        [1, 16],
        [3, 16],
      ],
    );
  });
});

describe("row 20: a webhook whose first task is stuck", () => {
  it("sends after a restart only what is not delivered, and the attempts before it count", async () => {
    const bench = await started();
    refusing(bench, "T-bad", REFUSED);
    for (let i = 0; i < 3; i++) bench.service.append("T-bad");
    for (let i = 0; i < 500; i++) bench.service.append(`T-${i}`);
    await bench.webhooks.start();
    await until(() => bench.sent.length >= 501);
    await bench.clock.advance(20_000); // five attempts
    assert.equal(bench.webhooks.get(ACCOUNT, webhookAt(URL).id).cursor, 0);

    // As after a kill: without a stop.
    const { service, store } = bench;
    const next = await started({ service, store });
    next.answer = () => REFUSED;
    await next.webhooks.start();
    await settle(100);
    assert.deepEqual(next.positions(), [1], "once at once, as after every start");
    await next.clock.advance(4.5 * HOUR);
    const [first] = await letters(next);
    assert.deepEqual([first?.position, first?.attempts], [1, 16]);
  });

  it("given many starts in a row, then no attempt counts that was made before its time", async () => {
    const bench = await started();
    bench.answer = () => REFUSED;
    bench.service.append("T-bad");
    await bench.webhooks.start();
    await bench.clock.advance(60_000);
    let { webhooks } = bench;
    for (let i = 0; i < 20; i++) {
      await webhooks.stop();
      const next = await started({ ...bench, store: bench.store });
      next.answer = () => REFUSED;
      await next.webhooks.start();
      await settle();
      ({ webhooks } = next);
    }
    assert.deepEqual(await letters(bench), []);
    await webhooks.stop();
  });

  it("given a clock that is set back while the server is away, then no delay is longer than a whole one", async () => {
    const bench = await started();
    bench.answer = () => REFUSED;
    bench.service.append("T-1");
    await bench.webhooks.start();
    await bench.clock.advance(20_000);
    await bench.webhooks.stop();
    bench.clock.jump(-24 * HOUR);
    const next = await started({ ...bench, store: bench.store });
    next.answer = () => REFUSED;
    await next.webhooks.start();
    await settle();
    next.answer = () => OK;
    await next.clock.advance(20_000);
    assert.equal(next.sent.length, 2);
    await next.webhooks.stop();
  });

  for (const hours of [-1, 1, -24, 24]) {
    it(`row 23: given a clock that is set by ${hours} h, then retries come when they are due`, async () => {
      const bench = await started();
      bench.answer = () => REFUSED;
      bench.service.append("T-1");
      await bench.webhooks.start();
      await bench.clock.advance(7_500); // attempts at 0, 1, 3, 7
      assert.equal(bench.sent.length, 4);
      bench.clock.jump(hours * HOUR);
      await bench.clock.advance(7_000);
      assert.equal(bench.sent.length, 4, "not earlier");
      await bench.clock.advance(1_000);
      assert.equal(bench.sent.length, 5, "not later");
      await bench.webhooks.stop();
    });
  }
});

describe("entries that wait for webhooks", () => {
  it("are kept in memory within a number of bytes, and read again when it is their turn", async () => {
    const bench = await started();
    const results: ((result: DeliveryResult) => void)[] = [];
    bench.answer = () => new Promise((resolve) => results.push(resolve));
    const text = "x".repeat(100_000);
    for (let i = 0; i < 200; i++) bench.service.append(`T-${i % 100}`, undefined, { text });
    await bench.webhooks.start();
    await settle(200);
    const { heldBytes } = bench.webhooks;
    assert.ok(heldBytes > 1_000_000, `${heldBytes}`);
    assert.ok(heldBytes < 4 * 1024 * 1024 + 250_000, `${heldBytes}`);
    bench.answer = () => OK;
    for (const end of results) end(OK);
    await until(() => bench.sent.length === 200);
    assert.equal(new Set(bench.positions()).size, 200);
    assert.equal(bench.webhooks.heldBytes, 0);
  });
});
