import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { defineTask } from "../../src/core/define-task.ts";
import { LocalExecutor } from "../../src/engine/local/local-executor.ts";
import { startEngine } from "../support/engine-bench.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { startNativeServer } from "../support/native-server.ts";

const MINUTE = 60_000;

/** Runs until canceled. */
const run = (_: unknown, { signal }: { signal: AbortSignal }) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

const types = [
  defineTask({ type: "endless", steps: { work: run } }),
  defineTask({ type: "alone", maxRunning: 1, steps: { work: run } }),
  defineTask({
    type: "stubborn",
    cancelGraceMs: 10 * MINUTE,
    steps: { work: () => new Promise<never>(() => undefined) },
  }),
  defineTask({
    type: "failing",
    retry: { maxAttempts: 10, firstDelayMs: MINUTE },
    steps: {
      work: async () => {
        throw new Error("the quota is used up");
      },
    },
  }),
  defineTask({
    type: "family",
    steps: {
      work: async (_, { subtask }) =>
        void (await subtask({ key: "a", type: "endless", input: {} })),
    },
  }),
  defineTask({
    type: "asking",
    steps: { work: async (_, { approval }) => void (await approval({ question: "go on?" })) },
  }),
  defineTask({ type: "seldom", startRate: { starts: 1, perMs: MINUTE }, steps: { work: run } }),
  defineTask({
    type: "undone",
    retry: { maxAttempts: 1 },
    steps: {
      build: { run: async () => undefined, undo: run },
      fail: async () => {
        throw new Error("no");
      },
    },
  }),
  defineTask({ type: "usual", steps: { work: (input, { sleep }) => sleep(Number(input["ms"])) } }),
];

let server: Awaited<ReturnType<typeof startNativeServer>>;
before(async () => {
  server = await startNativeServer(types);
});
after(() => server.close());

async function start(body: object): Promise<string> {
  const reply = await server.send("POST", "/v1/tasks", body);
  assert.equal(reply.status, 201, JSON.stringify(reply.body));
  await settle();
  return reply.body.id;
}

async function why(id: string) {
  const { status, body } = await server.send("GET", `/v1/tasks/${id}/why`);
  assert.equal(status, 200);
  return body;
}

async function reason(id: string, code: string) {
  const body = await why(id);
  const found = body.reasons.find((one: { code: string }) => one.code === code);
  assert.ok(found, `${code} is not among ${JSON.stringify(body.reasons)}`);
  assert.ok(found.text.length > 10 && found.text !== code, found.text);
  return { ...found, health: body.health };
}

const iso = (ms: number) => new Date(ms).toISOString();
const control = async (id: string, verb: string, why: string) => {
  await server.send("POST", `/v1/tasks/${id}/${verb}`, { reason: why });
  await settle();
};

describe("GET /v1/tasks/{id}/why", () => {
  it("key-held: queued behind others for a key", async () => {
    const key = { concurrencyKey: "cluster-1" };
    const holder = await start({ type: "endless", ...key });
    const second = await start({ type: "endless", ...key });
    const third = await start({ type: "endless", ...key });
    const found = await reason(third, "key-held");
    assert.deepEqual(
      [found.key, found.by, found.ahead, found.health],
      ["cluster-1", holder, 2, "blocked"],
    );
    assert.match(found.text, new RegExp(`task ${holder} holds the key cluster-1, and 1 more`));
    for (const id of [third, second, holder]) await control(id, "cancel", "over");
  });

  it("type-limit", async () => {
    const first = await start({ type: "alone" });
    const found = await reason(await start({ type: "alone" }), "type-limit");
    assert.deepEqual([found.type, found.running, found.limit], ["alone", 1, 1]);
    await control(first, "cancel", "over");
  });

  it("rate-limit", async () => {
    const first = await start({ type: "seldom" });
    const found = await reason(await start({ type: "seldom" }), "rate-limit");
    assert.deepEqual(
      [found.per, found.starts, found.perMs, found.health],
      ["type", 1, MINUTE, "blocked"],
    );
    assert.ok(Date.parse(found.nextAt) > server.clock.now());
    await control(first, "cancel", "over");
  });

  it("undoing", async () => {
    const found = await reason(await start({ type: "undone" }), "undoing");
    assert.deepEqual([found.as, found.steps, found.error.message], ["failed", ["build"], "no"]);
  });

  it("waiting-for-retry: attempt 2 of 10, and the last error", async () => {
    const id = await start({ type: "failing" });
    const found = await reason(id, "waiting-for-retry");
    assert.deepEqual(
      [found.step, found.attempt, found.maxAttempts, found.health],
      ["work", 2, 10, "retrying"],
    );
    assert.equal(found.lastError.message, "the quota is used up");
    assert.ok(Date.parse(found.at) > server.clock.now());
    assert.match(found.text, /attempt 2 of 10, after .*the quota is used up/);
    const { body } = await server.send(
      "GET",
      `/v1/tasks?filter=${encodeURIComponent("health:retrying type:failing")}`,
    );
    assert.deepEqual(
      body.tasks.map((task: { id: string }) => task.id),
      [id],
    );
    await control(id, "cancel", "over");
  });

  it("paused: by whom, why and since when", async () => {
    const id = await start({ type: "endless" });
    const since = iso(server.clock.now());
    await control(id, "pause", "the network is being changed");
    const found = await reason(id, "paused");
    assert.deepEqual(
      [found.by, found.reason, found.since, found.health],
      ["anonymous", "the network is being changed", since, "held"],
    );
  });

  it("canceling: what still runs, and until when", async () => {
    const id = await start({ type: "stubborn" });
    await control(id, "cancel", "wrong cluster");
    const found = await reason(id, "canceling");
    assert.deepEqual([found.reason, found.steps], ["wrong cluster", ["work"]]);
    assert.equal(found.deadline, iso(server.clock.now() + 10 * MINUTE));
  });

  it("waiting-for-subtasks", async () => {
    const found = await reason(await start({ type: "family" }), "waiting-for-subtasks");
    assert.equal(found.subtasks.length, 1);
    assert.equal((await why(found.subtasks[0])).state, "running");
  });

  it("awaiting-approval", async () => {
    const found = await reason(await start({ type: "asking" }), "awaiting-approval");
    assert.deepEqual([found.question, found.health], ["go on?", "held"]);
  });

  it("delayed and start-deadline", async () => {
    const now = server.clock.now();
    const id = await start({
      type: "endless",
      notBefore: iso(now + MINUTE),
      startBy: iso(now + 2 * MINUTE),
    });
    const found = await reason(id, "delayed");
    assert.deepEqual([found.until, found.health], [iso(now + MINUTE), "held"]);
    assert.equal((await reason(id, "start-deadline")).at, iso(now + 2 * MINUTE));
    await control(id, "cancel", "over");
  });

  it("finish-deadline", async () => {
    const at = iso(server.clock.now() + MINUTE);
    const id = await start({ type: "endless", finishBy: at });
    assert.equal((await reason(id, "finish-deadline")).at, at);
    await control(id, "cancel", "over");
  });

  it("silent-step: no report for five minutes", async () => {
    const id = await start({ type: "endless" });
    const began = iso(server.clock.now());
    await server.clock.advance(6 * MINUTE);
    const found = await reason(id, "silent-step");
    assert.deepEqual(
      [found.step, found.attempt, found.lastSignAt, found.health],
      ["work", 1, began, "silent"],
    );
    await control(id, "cancel", "over");
  });

  it("slow: longer than most of its type", async () => {
    for (let i = 0; i < 20; i++) {
      await start({ type: "usual", input: { ms: 1_000 } });
      await server.clock.advance(1_000);
    }
    const id = await start({ type: "usual", input: { ms: MINUTE } });
    assert.deepEqual((await why(id)).reasons, []);
    await server.clock.advance(5_000);
    const found = await reason(id, "slow");
    assert.deepEqual([found.runningMs, found.usualMs, found.health], [5_000, 1_000, "slow"]);
    await server.clock.advance(MINUTE);
    const over = await why(id);
    assert.deepEqual([over.state, over.health, over.reasons], ["succeeded", undefined, []]);
  });

  it("404 for a task that does not exist", async () => {
    assert.equal((await server.send("GET", "/v1/tasks/nobody/why")).status, 404);
  });
});

describe("GET /v1/tasks/{id}/why without free slots or handlers", () => {
  it("no-free-slot", async () => {
    const small = await startNativeServer(types, {
      executor: (host) => new LocalExecutor(host, { maxRunning: 1 }),
    });
    await small.send("POST", "/v1/tasks", { type: "endless" });
    const { body } = await small.send("POST", "/v1/tasks", { type: "endless" });
    await settle();
    const why = await small.send("GET", `/v1/tasks/${body.id}/why`);
    assert.deepEqual(
      [why.body.reasons[0].code, why.body.reasons[0].running, why.body.health],
      ["no-free-slot", 1, "blocked"],
    );
    await small.close();
  });

  it("no-handler: a task of a type without handlers on this server", async () => {
    const { engine, store } = await startEngine(types);
    const task = await engine.submit(
      { type: "endless", input: {}, notBefore: Date.UTC(2100, 0) },
      { account: "1000000000000001", requestId: "R", actor: "a" },
    );
    const poorer = await startNativeServer([], { store, clock: new FakeClock() });
    const { body } = await poorer.send("GET", `/v1/tasks/${task.id}/why`);
    assert.deepEqual(
      [body.reasons[0].code, body.reasons[0].type, body.health],
      ["no-handler", "endless", "blocked"],
    );
    await poorer.close();
  });
});
