import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import { TerminalError } from "../core/errors.ts";
import { LocalExecutor } from "./local/local-executor.ts";

const control = { by: "someone", reason: "a look at it" };
const hold = defineTask({
  type: "hold",
  steps: { only: async (_, context) => context.sleep(60_000) },
});
const few = defineTask({
  type: "few",
  maxRunning: 1,
  steps: { only: async (_, context) => context.sleep(60_000) },
});
const long = defineTask({
  type: "long",
  steps: {
    only: async (_, context) => {
      await context.sleep(600_000);
    },
  },
});
const flaky = defineTask({
  type: "flaky",
  retry: { maxAttempts: 10, firstDelayMs: 5_000, factor: 1, jitter: 0 },
  steps: {
    only: async (_, context) => {
      if (context.attempt < 4) throw new Error("no connection");
      await context.sleep(60_000);
    },
  },
});
const parent = defineTask({
  type: "parent",
  steps: {
    fan: async (_, context) => {
      await context.subtask({ key: "a", type: "hold", input: {} });
    },
  },
});

async function bench(maxRunning = 10) {
  const executor = (host: ConstructorParameters<typeof LocalExecutor>[0]) =>
    new LocalExecutor(host, { maxRunning });
  const { engine, store, clock } = await startEngine([hold, long, few, flaky, parent], {
    executor,
  });
  const submit = async (request: Partial<Parameters<typeof engine.submit>[0]> = {}) => {
    const task = await engine.submit({ type: "hold", input: {}, ...request }, caller);
    await settle();
    return task;
  };
  const why = (task: { id: string }) => engine.diagnose(caller.account, task.id);
  return { engine, store, clock, submit, why };
}

describe("why a task does not move", () => {
  it("moving: nothing to say", async () => {
    const { submit, why } = await bench();
    const { health, retries, reasons } = await why(await submit());
    assert.deepEqual({ health, retries, reasons }, { health: "moving", retries: 0, reasons: [] });
  });

  it("key-held: by whom, and how many come first", async () => {
    const { submit, why } = await bench();
    const first = await submit({ concurrencyKey: "cluster/c-1" });
    await submit({ concurrencyKey: "cluster/c-1" });
    const third = await submit({ concurrencyKey: "cluster/c-1" });
    const { health, reasons } = await why(third);
    assert.equal(health, "blocked");
    assert.deepEqual(reasons, [{ code: "key-held", key: "cluster/c-1", by: first.id, ahead: 2 }]);
  });

  it("no-free-slot: how many run, of how many", async () => {
    const { submit, why } = await bench(1);
    await submit();
    const { health, reasons } = await why(await submit());
    assert.equal(health, "blocked");
    assert.deepEqual(reasons, [{ code: "no-free-slot", running: 1, limit: 1 }]);
  });

  it("type-limit", async () => {
    const { submit, why } = await bench();
    await submit({ type: "few" });
    const { health, reasons } = await why(await submit({ type: "few" }));
    assert.equal(health, "blocked");
    assert.deepEqual(reasons, [{ code: "type-limit", type: "few", running: 1, limit: 1 }]);
  });

  it("account-limit", async () => {
    const only = { steps: { only: async () => new Promise<void>(() => undefined) } };
    const type = defineTask({ type: "each", maxRunningPerAccount: 1, ...only });
    const { engine } = await startEngine([type]);
    await engine.submit({ type: "each", input: {} }, caller);
    const held = await engine.submit({ type: "each", input: {} }, caller);
    const { health, reasons } = await engine.diagnose(caller.account, held.id);
    assert.equal(health, "blocked");
    assert.deepEqual(reasons, [{ code: "account-limit", running: 1, limit: 1 }]);
  });

  it("rate-limit: of the type or of the key, and when the next one may start", async () => {
    const type = (name: string, limit: object) =>
      defineTask({ type: name, maxPerKey: 9, ...limit, steps: { only: async () => {} } });
    const rate = { starts: 1, perMs: 60_000 };
    const { engine, clock } = await startEngine([
      type("rare", { startRate: rate }),
      type("rare-key", { startRatePerKey: rate }),
    ]);
    const nextAt = clock.now() + 60_000;
    for (const [name, per] of [
      ["rare", "type"],
      ["rare-key", "key"],
    ] as const) {
      const submit = () => engine.submit({ type: name, input: {}, concurrencyKey: "k" }, caller);
      await submit();
      const { id } = await submit();
      await settle();
      const { health, reasons } = await engine.diagnose(caller.account, id);
      assert.equal(health, "blocked");
      assert.deepEqual(reasons, [{ code: "rate-limit", per, ...rate, nextAt }]);
    }
  });

  it("no-handler: the type is not registered here any more", async () => {
    const { store, submit, clock } = await bench();
    const task = await submit({ notBefore: clock.now() + 1_000 });
    const { engine } = await startEngine([], { store });
    const { health, reasons } = await engine.diagnose(caller.account, task.id);
    assert.equal(health, "blocked");
    assert.deepEqual(reasons, [{ code: "no-handler", type: "hold" }]);
  });

  it("delayed, with its start deadline", async () => {
    const { submit, why, clock } = await bench();
    const until = clock.now() + 5_000;
    const startBy = clock.now() + 9_000;
    const { health, reasons } = await why(await submit({ notBefore: until, startBy }));
    assert.equal(health, "held");
    assert.deepEqual(reasons, [
      { code: "delayed", until },
      { code: "start-deadline", at: startBy },
    ]);
  });

  it("waiting-for-retry: when, which attempt, the last error", async () => {
    const { submit, why, clock } = await bench();
    const began = clock.now();
    const task = await submit({ type: "flaky" });
    await clock.advance(5_000);
    const { health, retries, reasons } = await why(task);
    assert.equal(health, "retrying");
    assert.equal(retries, 2);
    const [reason] = reasons;
    assert.ok(reason?.code === "waiting-for-retry");
    assert.equal(reason.at, began + 10_000);
    assert.deepEqual([reason.attempt, reason.maxAttempts], [3, 10]);
    assert.equal(reason.lastError?.message, "no connection");
    await clock.advance(10_000);
    assert.equal(
      (await why(task)).health,
      "retrying",
      "the fourth attempt runs, after three that failed",
    );
  });

  it("paused: by whom and why", async () => {
    const { engine, submit, why, clock } = await bench();
    const task = await submit();
    await engine.pause(caller.account, task.id, control);
    const { health, reasons } = await why(task);
    assert.equal(health, "held");
    assert.deepEqual(reasons, [{ code: "paused", ...control, since: clock.now() }]);
  });

  it("canceling: which steps have not stopped yet, and until when they may", async () => {
    const deaf = defineTask({
      type: "deaf",
      cancelGraceMs: 7_000,
      steps: { only: () => new Promise(() => {}) },
    });
    const { engine, clock } = await startEngine([deaf]);
    const task = await engine.submit({ type: "deaf", input: {} }, caller);
    await settle();
    await engine.cancel(caller.account, task.id, control);
    const { reasons } = await engine.diagnose(caller.account, task.id);
    assert.deepEqual(reasons, [
      { code: "canceling", ...control, deadline: clock.now() + 7_000, steps: ["only"] },
    ]);
  });

  it("waiting-for-subtasks", async () => {
    const { engine, submit, why } = await bench();
    const task = await submit({ type: "parent" });
    const children = await engine.list({ account: caller.account, parentId: task.id, limit: 9 });
    const { reasons } = await why(task);
    assert.deepEqual(reasons, [
      { code: "waiting-for-subtasks", step: "fan", subtasks: children.tasks.map((one) => one.id) },
    ]);
  });

  it("awaiting-approval: which step, the question, since when", async () => {
    const asks = defineTask({
      type: "asks",
      steps: {
        only: async (_, context) => {
          await context.approval({ question: "delete it?" });
          await context.sleep(1_000);
        },
      },
    });
    const { engine, clock } = await startEngine([asks]);
    const since = clock.now();
    const { id } = await engine.submit({ type: "asks", input: {} }, caller);
    await settle();
    clock.jump(60 * 60_000);
    const { health, reasons } = await engine.diagnose(caller.account, id);
    assert.equal(health, "held");
    assert.deepEqual(reasons, [
      { code: "awaiting-approval", step: "only", question: "delete it?", number: 4, since },
    ]);
    await engine.signal(caller.account, id, { step: "only", decision: "approve", ...control });
    await settle();
    assert.equal((await engine.diagnose(caller.account, id)).health, "moving");
  });

  it("undoing: how it will end, and what is left to undo", async () => {
    const undone = defineTask({
      type: "undone",
      retry: { maxAttempts: 2, firstDelayMs: 5_000, jitter: 0 },
      steps: {
        one: {
          run: async () => {},
          undo: async (_, context) => {
            if (context.attempt === 2) throw new Error("not yet");
            await context.sleep(1_000);
          },
        },
        two: async () => {
          throw new TerminalError("Quota", "no quota is left");
        },
      },
    });
    const { engine, clock } = await startEngine([undone]);
    const since = clock.now();
    const finishBy = since + 1_000_000;
    const { id } = await engine.submit({ type: "undone", input: {}, finishBy }, caller);
    await settle();
    const retrying = await engine.diagnose(caller.account, id);
    assert.equal(retrying.health, "retrying");
    assert.deepEqual(
      retrying.reasons.map(({ code }) => code),
      ["undoing", "waiting-for-retry"],
    );
    await clock.advance(5_000);
    const { health, reasons } = await engine.diagnose(caller.account, id);
    assert.equal(health, "moving");
    const error = { code: "Quota", message: "no quota is left", step: "two", attempt: 1 };
    assert.deepEqual(reasons, [
      {
        code: "undoing",
        as: "failed",
        since,
        error: { ...error, retryable: false },
        steps: ["one"],
      },
    ]);
  });

  it("silent-step: no sign for too long", async () => {
    const { submit, why, clock } = await bench();
    const began = clock.now();
    const stuck = await submit({ type: "long" });
    clock.jump(5 * 60_000);
    assert.equal((await why(stuck)).health, "moving", "the clock was set; no time has passed");
    clock.jump(-5 * 60_000);
    await clock.advance(5 * 60_000);
    const { health, reasons } = await why(stuck);
    assert.equal(health, "silent");
    assert.deepEqual(reasons, [
      { code: "silent-step", step: "only", attempt: 1, lastSignAt: began },
    ]);
  });

  it("silent-step: after its own heartbeat, and not while it waits for others", async () => {
    const beats = defineTask({
      type: "beats",
      steps: {
        only: {
          heartbeatMs: 10_000,
          run: async (_, context) => {
            await context.sleep(8_000);
            context.heartbeat();
            await context.sleep(60_000);
          },
        },
      },
    });
    const { engine, clock } = await startEngine([beats]);
    const { id } = await engine.submit({ type: "beats", input: {} }, caller);
    await clock.advance(17_999);
    assert.equal((await engine.diagnose(caller.account, id)).health, "moving");
    await clock.advance(1);
    const { health, reasons } = await engine.diagnose(caller.account, id);
    const lastSignAt = clock.now() - 10_000;
    assert.equal(health, "silent");
    assert.deepEqual(reasons, [{ code: "silent-step", step: "only", attempt: 1, lastSignAt }]);
  });

  it("slow: longer than 95 % of its type", async () => {
    const { submit, why, clock } = await bench(100);
    for (let i = 0; i < 20; i++) await submit();
    await clock.advance(60_000);
    const task = await submit();
    assert.equal((await why(task)).health, "moving");
    clock.jump(60_001);
    const { health, reasons } = await why(task);
    assert.equal(health, "slow");
    assert.deepEqual(reasons, [{ code: "slow", runningMs: 60_001, usualMs: 60_000 }]);
  });

  it("finish-deadline, and nothing once it has ended", async () => {
    const { submit, why, clock } = await bench();
    const finishBy = clock.now() + 70_000;
    const task = await submit({ finishBy });
    assert.deepEqual((await why(task)).reasons, [{ code: "finish-deadline", at: finishBy }]);
    await clock.advance(60_000);
    assert.deepEqual(await why(task), { health: undefined, retries: 0, reasons: [] });
  });
});
