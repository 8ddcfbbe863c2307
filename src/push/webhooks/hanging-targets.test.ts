import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ACCOUNT,
  hanging,
  OK,
  until,
  type WebhookBench,
  webhookBench,
} from "../../../test/support/webhook-bench.ts";

const LIVELY = "https://lively.example/hook";
const OTHER = "2000000000000002";

/** Targets whose host begins with "slow" hang. */
async function start(bench: WebhookBench, urls: readonly string[], account = ACCOUNT) {
  await bench.webhooks.start();
  const hangs = hanging(bench.clock);
  bench.answer = (delivery) => (delivery.url.includes("//slow") ? hangs(delivery) : OK);
  for (const url of urls) await bench.webhooks.create(account, { url });
}

const slow = (count: number) =>
  Array.from({ length: count }, (_, i) => `https://slow-${i}.example/hook`);

describe("row 19: targets that hang", () => {
  it("given eight of them, then another webhook of the same account gets 1,000 entries within two seconds", async () => {
    const bench = await webhookBench();
    await start(bench, [...slow(8), LIVELY]);
    for (let i = 0; i < 1_000; i++) bench.append(`T-${i}`);
    await bench.passedOn();
    await bench.clock.advance(2_000);
    await until(() => bench.positions(LIVELY).length === 1_000);
    assert.equal(bench.positions(LIVELY).length, 1_000);
  });

  it("given all webhooks of an account but one, then this one has its answers within seconds, and then at once", async () => {
    const bench = await webhookBench();
    await start(bench, [...slow(99), LIVELY]);
    for (let i = 0; i < 100; i++) bench.append(`T-${i}`);
    await bench.passedOn();
    await bench.clock.advance(60_000);
    assert.equal(bench.positions(LIVELY).length, 100);
    bench.append("T-late");
    await until(() => bench.positions(LIVELY).length === 101);
    assert.equal(bench.positions(LIVELY).length, 101);
  });

  it("given four accounts full of them, then another account has its answers at once", async () => {
    const bench = await webhookBench();
    const accounts = ["a", "b", "c", "d"];
    for (const account of accounts) {
      await start(
        bench,
        slow(40).map((url) => url.replace("slow", `slow-${account}`)),
        account,
      );
      for (let i = 0; i < 10; i++) bench.append(`${account}-${i}`, { account });
    }
    await bench.passedOn();
    await bench.clock.advance(30_000);
    await start(bench, [LIVELY], OTHER);
    for (let i = 0; i < 50; i++) bench.append(`o-${i}`, { account: OTHER });
    await bench.passedOn();
    await bench.clock.advance(1_000);
    await until(() => bench.positions(LIVELY).length === 50);
  });

  it("given forty webhooks to one of them, then it is one target, tried by one attempt at a time", async () => {
    const bench = await webhookBench();
    await start(bench, []);
    for (let i = 0; i < 39; i++) {
      await bench.webhooks.create(ACCOUNT, { url: `https://slow.example/${i}` });
    }
    await bench.webhooks.create(ACCOUNT, { url: LIVELY });
    for (let i = 0; i < 10; i++) bench.append(`T-${i}`);
    await bench.passedOn();
    await bench.clock.advance(11_000);
    assert.equal(bench.positions(LIVELY).length, 10);
    const before = bench.sent.length;
    await bench.clock.advance(60_000);
    const attempts = bench.sent.length - before;
    assert.ok(attempts <= 7, `${attempts} attempts of 10 s each in a minute`);
    assert.ok(attempts >= 2, "it is tried");
  });

  it("given one that is well again, then everything arrives, once, in the order of each task", async () => {
    const bench = await webhookBench();
    const [url = ""] = slow(1);
    await start(bench, [url, LIVELY]);
    for (let i = 0; i < 300; i++) bench.append(`T-${i % 100}`);
    await bench.passedOn();
    await bench.clock.advance(120_000);
    bench.answer = () => OK;
    const before = bench.sent.length;
    await bench.clock.advance(3_600_000);
    const got = bench.sent.slice(before).filter((one) => one.url === url);
    assert.equal(got.length, 300);
    const last = new Map<string, number>();
    for (const { taskId, position } of got) {
      assert.ok(position > (last.get(taskId) ?? 0), `${taskId} in order`);
      last.set(taskId, position);
    }
  });

  it("given a target that answers after five seconds, then it gets its eight at a time, and nobody waits for it", async () => {
    const bench = await webhookBench();
    await start(bench, []);
    for (const url of ["https://late.example", LIVELY]) {
      await bench.webhooks.create(ACCOUNT, { url });
    }
    bench.answer = ({ url }) =>
      url === LIVELY ? OK : new Promise((resolve) => bench.clock.after(5_000, () => resolve(OK)));
    for (let i = 0; i < 200; i++) bench.append(`T-${i}`);
    await bench.passedOn();
    await bench.clock.advance(1_000);
    await until(() => bench.positions(LIVELY).length === 200);
    await bench.clock.advance(200_000);
    assert.equal(bench.positions("https://late.example").length, 200);
  });
});
