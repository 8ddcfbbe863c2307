import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openSqliteWebhookStore } from "../store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { Webhook } from "../store/webhook-store.ts";
import { sealedWebhooks } from "./sealed-webhooks.ts";
import { newDataKey, SecretBox } from "./secrets/secret-box.ts";

const box = new SecretBox([newDataKey(0)]);
const webhook: Webhook = {
  id: "wh-1",
  account: "100",
  url: "https://example.com/hook",
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  filter: "",
  description: "",
  createdAt: 1,
  cursor: 7,
};

const none = (webhookId: string) => assert.fail(`${webhookId} is lost`);

describe("the secret of a webhook", () => {
  test("is returned in clear, and stored encrypted", async () => {
    const store = await openSqliteWebhookStore(":memory:");
    const sealed = sealedWebhooks(store, box, none);
    await sealed.put(webhook);
    assert.deepEqual(await sealed.all(), [webhook]);
    const [kept] = await store.all();
    assert.deepEqual({ ...kept, secret: webhook.secret }, webhook);
    assert.doesNotMatch(String(kept?.secret), /MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw|whsec/);
  });

  test("of an earlier version is encrypted when it is first read", async () => {
    const store = await openSqliteWebhookStore(":memory:");
    await store.put(webhook);
    const sealed = sealedWebhooks(store, box, none);
    assert.deepEqual(await sealed.all(), [webhook]);
    assert.notEqual((await store.all())[0]?.secret, webhook.secret);
    assert.deepEqual(await sealed.all(), [webhook]);
  });

  test("cannot be decrypted for another webhook, or with another key; the other webhooks go on", async () => {
    const store = await openSqliteWebhookStore(":memory:");
    await sealedWebhooks(store, box, none).put(webhook);
    const lost: string[] = [];
    const tell = (webhookId: string, { code, message }: { code: string; message: string }) =>
      lost.push(`${webhookId} ${code} ${/cannot be decrypted/.exec(message)}`);
    const other = new SecretBox([newDataKey(0)]);
    assert.deepEqual(await sealedWebhooks(store, other, tell).all(), []);
    const [kept] = await store.all();
    await store.put({ ...webhook, id: "wh-2", secret: String(kept?.secret) });
    assert.deepEqual(await sealedWebhooks(store, box, tell).all(), [webhook]);
    assert.deepEqual(lost, [
      "wh-1 StoreUnavailable cannot be decrypted",
      "wh-2 StoreUnavailable cannot be decrypted",
    ]);
    assert.equal((await store.all()).length, 2, "what is left out stays stored");
  });

  test("is sealed anew with a newer data key, and no write in between is lost", async () => {
    const store = await openSqliteWebhookStore(":memory:");
    const [old, next] = [newDataKey(0), newDataKey(1)];
    const both = new SecretBox([old]);
    const sealed = sealedWebhooks(store, both, none);
    const [first, second, third] = ["wh-1", "wh-2", "wh-3"].map((id) => ({ ...webhook, id }));
    assert.ok(first && second && third);
    for (const one of [first, second, third]) await sealed.put(one);
    both.add(next);
    assert.equal(await sealed.resealable.outdated(), 3);
    const changed = { ...second, url: "https://example.com/other", cursor: 9 };
    await Promise.all([
      sealed.resealable.some(),
      sealed.put(changed),
      sealed.remove("wh-3"),
      sealed.saveProgress(new Map([["wh-1", { cursor: 8, lanes: [], ended: [] }]])),
    ]);
    assert.equal(await sealed.resealable.outdated(), 0);
    const alone = sealedWebhooks(store, new SecretBox([next]), none);
    assert.deepEqual(await alone.all(), [{ ...first, cursor: 8 }, changed]);
  });
});
