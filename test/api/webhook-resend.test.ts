import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import type { DeliveryResult } from "../../src/push/webhooks/sender.ts";
import { Webhooks } from "../../src/push/webhooks/webhooks.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import { caller, silent } from "../support/engine-bench.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";

const LETTERS = 250;
const quick = defineTask({ type: "quick", steps: { only: async () => undefined } });

let server: Awaited<ReturnType<typeof startNativeServer>>;
let webhooks: Webhooks;
let answer: () => DeliveryResult | Promise<DeliveryResult> = () => ({
  delivered: true,
  status: 200,
});
let id = "";
const path = () => `/v1/webhooks/${id}/resend`;

before(async () => {
  server = await startNativeServer([quick]);
  const store = await openSqliteWebhookStore(":memory:");
  webhooks = new Webhooks({
    store,
    service: server.engine,
    feed: server.push.feed,
    clock: server.clock,
    random: () => 0.5,
    send: async () => answer(),
    log: silent,
  });
  server.push.webhooks = webhooks;
  await webhooks.start();
  for (let i = 0; i < LETTERS / 2; i++) {
    await server.engine.submit({ type: "quick", input: {} }, caller);
  }
  await settle(200);
  const made = await webhooks.create(caller.account, { url: "https://example.com/h" });
  id = made.id;
  const { account } = caller;
  const entries = await server.engine.events({ account, after: 0, limit: LETTERS });
  assert.equal(entries.length, LETTERS);
  const letter = { webhookId: id, attempts: 16, error: "it was down", at: 1 };
  await store.putDeadLetters(
    entries.map(({ taskId, position }) => ({ ...letter, taskId, position })),
  );
});
after(async () => {
  await webhooks.stop();
  await server.close();
});

describe("many dead letters", () => {
  it("are sent again in parts, a call ends in time though the target hangs, and the next goes on behind it", async () => {
    answer = () =>
      new Promise((resolve) =>
        server.clock.after(10_000, () => resolve({ delivered: false, error: "no answer" })),
      );
    const call = server.send("POST", path(), {});
    for (let i = 0; i < 5; i++) await server.clock.advance(10_000);
    const { body } = await call;
    const { sent, failed, left } = body;
    assert.equal(sent, 0);
    assert.ok(failed >= 1 && failed <= 4, `${failed} attempts of ten seconds`);
    assert.equal(left, 100 - failed);

    answer = () => ({ delivered: true, status: 200 });
    let tried = failed;
    for (let next = body.next; next !== undefined; ) {
      const part = (await server.send("POST", path(), { after: next })).body;
      assert.equal(part.failed, 0);
      tried += part.sent;
      next = part.next;
    }
    assert.equal(tried, LETTERS);
    const kept = await webhooks.deadLetters(caller.account, id, 0, LETTERS);
    assert.deepEqual(
      kept.map(({ attempts }) => attempts),
      Array.from({ length: failed }, () => 17),
    );
  });

  it("refuses what is no cursor", async () => {
    const { body } = await server.send("POST", path(), { after: "nonsense" });
    assert.equal(body.error.code, "InvalidParameter");
  });
});
