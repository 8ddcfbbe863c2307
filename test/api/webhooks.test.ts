import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import type { Delivery, DeliveryResult } from "../../src/push/webhooks/sender.ts";
import { signedHeaders } from "../../src/push/webhooks/signature.ts";
import { Webhooks } from "../../src/push/webhooks/webhooks.ts";
import { openSqliteWebhookStore } from "../../src/store/sqlite/webhooks/sqlite-webhook-store.ts";
import type { Webhook, WebhookStore } from "../../src/store/webhook-store.ts";
import { silent } from "../support/engine-bench.ts";
import { settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";
import { until } from "../support/webhook-bench.ts";

const types = [
  defineTask({ type: "quick", steps: { only: async () => undefined } }),
  defineTask({
    type: "never",
    pausable: true,
    steps: { only: () => new Promise(() => undefined) },
  }),
];
const folder = mkdtempSync(join(tmpdir(), "taskscribe-webhooks-"));

let server: Awaited<ReturnType<typeof startNativeServer>>;
let store: WebhookStore;
let sent: Delivery[] = [];
let answer: (delivery: Delivery) => DeliveryResult | Promise<DeliveryResult>;
const ok = (): DeliveryResult => ({ delivered: true, status: 200 });

async function openWebhooks() {
  store = await openSqliteWebhookStore(folder);
  const webhooks = new Webhooks({
    store,
    service: server.engine,
    feed: server.push.feed,
    clock: server.clock,
    random: () => 0.5,
    send: async (delivery) => {
      sent.push(delivery);
      return answer(delivery);
    },
    log: silent,
  });
  server.push.webhooks = webhooks;
  await webhooks.start();
  return webhooks;
}

before(async () => {
  server = await startNativeServer(types);
  await openWebhooks();
});
after(async () => {
  await server.push.webhooks?.stop();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const bodyOf = ({ body }: Delivery) => JSON.parse(body);
const submit = async (type = "quick", labels = {}) => {
  const { body } = await server.send("POST", "/v1/tasks", { type, labels });
  await settle();
  return String(body.id);
};
const create = async (wanted: object) => {
  sent = [];
  answer = ok;
  return (await server.send("POST", "/v1/webhooks", { url: "https://example.com/h", ...wanted }))
    .body;
};
const remove = (id: string) => server.send("DELETE", `/v1/webhooks/${id}`);

describe("row 7: a webhook whose target does not answer", () => {
  it("is left alone for a pause, which its description shows, and gets everything once it answers", async () => {
    const made = await create({});
    const silent = (): DeliveryResult => ({ delivered: false, error: "no answer" });
    answer = silent;
    const ids = [await submit(), await submit(), await submit(), await submit(), await submit()];
    const shown = async () => (await server.send("GET", `/v1/webhooks/${made.id}`)).body;
    await until(() => sent.length >= 5);
    await settle();
    assert.equal(sent.length, 5);
    const { pausedUntil } = await shown();
    assert.equal(Date.parse(pausedUntil), server.clock.now() + 1_000);
    const late = await submit();
    assert.equal(sent.length, 5, "nothing is sent in the pause");
    const tried = await server.send("POST", `/v1/webhooks/${made.id}/test`, {});
    assert.deepEqual([tried.body.delivered, sent.length], [false, 6], "a test is");
    answer = ok;
    await server.clock.advance(60_000);
    const toldOf = (id: string) => sent.slice(6).some((one) => bodyOf(one).taskId === id);
    await until(() => [...ids, late].every(toldOf));
    assert.equal((await shown()).pausedUntil, undefined);
    const told = new Set(sent.slice(6).map((one) => bodyOf(one).taskId));
    assert.deepEqual([...told].sort(), [...ids, late].sort());
    await remove(made.id);
  });
});

describe("webhooks", () => {
  it("sends every event, signed and in order, and shows the secret once", async () => {
    const made = await create({ description: "mine" });
    assert.match(made.secret, /^whsec_/);
    const id = await submit();
    const ended = ({ events }: { events: { type: string }[] }) =>
      events.some(({ type }) => type === "TaskSucceeded");
    await until(() => sent.map(bodyOf).some(ended));
    const told = sent.map(bodyOf);
    assert.ok(told.length >= 2);
    assert.deepEqual(
      told.flatMap(({ events }) => events.map(({ type }: { type: string }) => type)).slice(0, 2),
      ["TaskSubmitted", "TaskStarted"],
    );
    assert.ok(told.every(({ taskId }) => taskId === id));
    const [first] = sent;
    const expected = signedHeaders(
      made.secret,
      `${made.id}-${server.store.logEpochs[0]?.id}-${told[0].position}`,
      server.clock.now(),
      first?.body ?? "",
    );
    assert.deepEqual(first?.headers, expected);
    const shown = await server.send("GET", `/v1/webhooks/${made.id}`);
    assert.deepEqual([shown.body.secret, shown.body.description], [undefined, "mine"]);
    assert.equal(shown.body.position, told.at(-1).position);
    assert.equal((await server.send("GET", "/v1/webhooks")).body.webhooks.length, 1);
    await remove(made.id);
    assert.equal((await server.send("GET", `/v1/webhooks/${made.id}`)).status, 404);
  });

  it("sends only events that match the filter", async () => {
    const made = await create({ filter: "label.team=a state:succeeded" });
    await submit("quick", { team: "b" });
    const id = await submit("quick", { team: "a" });
    await settle();
    assert.deepEqual(
      sent.map((one) => [bodyOf(one).taskId, bodyOf(one).events.at(-1).type]),
      [[id, "TaskSucceeded"]],
    );
    await remove(made.id);
  });

  it("refuses invalid addresses and filters", async () => {
    const wrong = [
      { url: "ftp://example.com" },
      { url: "https://user:word@example.com" },
      { url: "nowhere" },
      { filter: "age>5m" },
      { filter: "foo:1" },
      { more: 1 },
    ];
    for (const one of wrong) {
      assert.equal((await create(one)).error?.code, "InvalidParameter", JSON.stringify(one));
    }
  });

  it("retries with growing delays, in the order of the task and without delaying other tasks", async () => {
    const made = await create({});
    let down = true;
    let stuck = "";
    answer = (delivery) =>
      down && bodyOf(delivery).taskId === stuck
        ? { delivered: false, status: 500, error: "the target answered 500" }
        : ok();
    const submitted = server.engine.submit(
      { type: "never", input: {}, notBefore: server.clock.now() + 3_600_000 },
      { account: "1000000000000001", requestId: "r", actor: "a" },
    );
    stuck = (await submitted).id;
    await settle();
    await server.send("POST", `/v1/tasks/${stuck}/cancel`, { reason: "x" });
    const other = await submit();
    const of = (id: string) => sent.map(bodyOf).filter(({ taskId }) => taskId === id);
    assert.equal(of(stuck).length, 1, "what comes later waits for what came before");
    assert.ok(of(other).length >= 2);
    await server.clock.advance(1_000 + 2_000 + 4_000);
    assert.equal(of(stuck).length, 4);
    assert.equal(new Set(of(stuck).map(({ position }) => position)).size, 1);
    down = false;
    await server.clock.advance(8_000);
    const positions = of(stuck).map(({ position }) => position);
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(positions).size, 2);
    await remove(made.id);
  });

  it("keeps a message that cannot be delivered as a dead letter, and resends it on request", async () => {
    const made = await create({ filter: "label.dead=yes state:succeeded" });
    answer = () => ({ delivered: false, error: "connect ECONNREFUSED" });
    const id = await submit("quick", { dead: "yes" });
    await server.clock.advance(24 * 3_600_000);
    const { body } = await server.send("GET", `/v1/webhooks/${made.id}/dead-letters`);
    const [letter] = body.deadLetters;
    assert.deepEqual(
      [letter.taskId, letter.attempts, letter.error],
      [id, 16, "connect ECONNREFUSED"],
    );
    const resend = (asked: object) => server.send("POST", `/v1/webhooks/${made.id}/resend`, asked);
    assert.deepEqual((await resend({})).body, { sent: 0, failed: 1 });
    answer = ok;
    assert.equal((await resend({ positions: [1] })).status, 404);
    assert.deepEqual((await resend({ positions: [letter.position] })).body, { sent: 1, failed: 0 });
    const pages = `/v1/webhooks/${made.id}/dead-letters?after=`;
    const last = server.push.feed.cursors.at(letter.position);
    assert.deepEqual((await server.send("GET", pages + last)).body.deadLetters, []);
    const outdated = await server.send("GET", `${pages}0lderlog-${letter.position}`);
    assert.deepEqual(
      [outdated.status, outdated.body.error.code],
      [410, "CursorOutdated"],
      "row 30",
    );
    const left = await server.send("GET", `/v1/webhooks/${made.id}/dead-letters`);
    assert.deepEqual(left.body.deadLetters, []);
    await remove(made.id);
  });

  it("continues after a restart at its position, and skips nothing", async () => {
    const made = await create({});
    answer = () => ({ delivered: false, error: "down" });
    const during = await submit();
    await server.push.webhooks?.stop();
    const meanwhile = await submit();
    sent = [];
    answer = ok;
    await openWebhooks();
    await settle();
    const told = sent.map(bodyOf);
    for (const id of [during, meanwhile]) {
      const entries = await server.store.readEvents({ taskId: id, after: 0, limit: 100 });
      assert.deepEqual(
        told.filter(({ taskId }) => taskId === id).map(({ position }) => position),
        entries.map(({ position }) => position),
      );
    }
    await server.clock.advance(1_000); // the cursor is saved
    await server.push.webhooks?.stop();
    sent = [];
    await openWebhooks();
    await settle();
    assert.deepEqual(sent, []);
    await remove(made.id);
  });

  it("sends a test", async () => {
    const made = await create({});
    answer = () => ({ delivered: false, status: 404, error: "the target answered 404" });
    const { body } = await server.send("POST", `/v1/webhooks/${made.id}/test`);
    assert.deepEqual(body, { delivered: false, status: 404, error: "the target answered 404" });
    assert.equal(bodyOf(sent.at(-1) as Delivery).type, "test");
    await remove(made.id);
  });

  it("has at most eight deliveries under way for one webhook", async () => {
    const made = await create({});
    let under = 0;
    let most = 0;
    const free: (() => void)[] = [];
    answer = async () => {
      under += 1;
      most = Math.max(most, under);
      await new Promise<void>((resolve) => free.push(resolve));
      under -= 1;
      return ok();
    };
    for (let i = 0; i < 12; i++) await submit();
    assert.equal(most, 8);
    answer = ok;
    for (const go of free) go();
    await settle();
    await remove(made.id);
  });
});

describe("a dead letter that is sent again", () => {
  const refuse = (error: string) => () => ({ delivered: false, error }) as const;
  const lettersOf = async (id: string) =>
    (await server.send("GET", `/v1/webhooks/${id}/dead-letters`)).body.deadLetters;
  const resend = (id: string, wanted: object = {}) =>
    server.send("POST", `/v1/webhooks/${id}/resend`, wanted);
  /** A webhook with one dead letter. */
  const withLetter = async (error = "first") => {
    const made = await create({ filter: "label.dead=yes state:succeeded" });
    answer = refuse(error);
    await submit("quick", { dead: "yes" });
    await server.clock.advance(24 * 3_600_000);
    sent = [];
    return String(made.id);
  };

  it("stays one dead letter when it fails again, with attempts, error and time of the last attempt", async () => {
    const id = await withLetter();
    const [before] = await lettersOf(id);
    answer = refuse("second");
    assert.deepEqual((await resend(id)).body, { sent: 0, failed: 1 });
    await server.clock.advance(1);
    answer = refuse("third");
    assert.deepEqual((await resend(id)).body, { sent: 0, failed: 1 });
    const [letter, ...more] = await lettersOf(id);
    assert.deepEqual(more, []);
    assert.deepEqual(letter, { ...before, attempts: 18, error: "third", at: letter.at });
    assert.ok(letter.at > before.at);
    assert.equal(sent.length, 2);
    await remove(id);
  });

  it("is sent once when two calls ask for it at the same time", async () => {
    const id = await withLetter();
    let end: (result: DeliveryResult) => void = () => {};
    answer = () => new Promise((resolve) => (end = resolve));
    const calls = [resend(id), resend(id)];
    await settle();
    assert.equal(sent.length, 1);
    end({ delivered: false, error: "both" });
    for (const { body } of await Promise.all(calls)) assert.deepEqual(body, { sent: 0, failed: 1 });
    assert.deepEqual(
      (await lettersOf(id)).map(({ attempts }: { attempts: number }) => attempts),
      [17],
    );
    await remove(id);
  });

  it("does not come back when it was delivered meanwhile, or its webhook was deleted", async () => {
    const id = await withLetter();
    const webhooks = server.push.webhooks as Webhooks;
    const account = "1000000000000001";
    const letters = await webhooks.deadLetters(account, id, 0, 10);
    answer = ok;
    assert.deepEqual(await webhooks.resend(account, id, letters), { sent: 1, failed: 0 });
    answer = refuse("too late");
    assert.deepEqual(await webhooks.resend(account, id, letters), { sent: 1, failed: 0 });
    assert.deepEqual(await lettersOf(id), []);
    await remove(id);

    const other = await withLetter();
    let end: (result: DeliveryResult) => void = () => {};
    answer = () => new Promise((resolve) => (end = resolve));
    const call = resend(other);
    await settle();
    await remove(other);
    end({ delivered: false, error: "gone" });
    await call;
    assert.deepEqual(await store.deadLetters(other, 0, 10), []);
  });

  it("is neither tried by the queue nor counted again after a restart", async () => {
    const id = await withLetter();
    answer = refuse("second");
    await resend(id);
    const [{ position }] = await lettersOf(id);
    const webhook = (await store.all()).find((one) => one.id === id) as Webhook;
    await server.push.webhooks?.stop();
    // The cursor is not written durably, so after a crash it may be before the dead letter.
    const reopened = await openSqliteWebhookStore(folder);
    await reopened.put({ ...webhook, cursor: position - 1 });
    await reopened.close();
    sent = [];
    const webhooks = await openWebhooks();
    await server.clock.advance(24 * 3_600_000);
    assert.equal(sent.length, 0);
    const letters = await lettersOf(id);
    assert.deepEqual(
      letters.map(({ attempts }: { attempts: number }) => attempts),
      [17],
    );
    assert.equal(webhooks.counted.dead, 0);
    answer = ok;
    assert.deepEqual((await resend(id)).body, { sent: 1, failed: 0 });
    await remove(id);
  });

  it("is not counted as tried when the server stops during the attempt", async () => {
    const id = await withLetter();
    answer = ({ signal }) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve({ delivered: false, error: "aborted" })),
      );
    const call = resend(id);
    await settle();
    await server.push.webhooks?.stop();
    assert.equal((await call).status, 200);
    await openWebhooks();
    assert.deepEqual(
      (await lettersOf(id)).map(({ attempts }: { attempts: number }) => attempts),
      [16],
    );
    await remove(id);
  });
});
