// Row 17 of issue 15: handlers that ignore their signal.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, silent, startEngine } from "../../../test/support/engine-bench.ts";
import { settle } from "../../../test/support/fake-clock.ts";
import { defineTask } from "../../core/define-task.ts";
import { LocalExecutor } from "./local-executor.ts";

async function bench() {
  const gates: PromiseWithResolvers<void>[] = [];
  const deaf = async () => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
  };
  const ignores = defineTask({
    type: "ignores",
    cancelGraceMs: 5_000,
    retry: { maxAttempts: 1 },
    steps: { only: deaf },
  });
  const limited = defineTask({
    type: "limited",
    retry: { maxAttempts: 1 },
    steps: { only: { timeoutMs: 5_000, run: deaf } },
  });
  const obedient = defineTask({
    type: "obedient",
    cancelGraceMs: 5_000,
    steps: { only: (_, { sleep }) => sleep(1_000_000) },
  });
  const told: { readonly facts: Record<string, unknown>; readonly message: string }[] = [];
  const tell = (facts: object, message: string) =>
    void told.push({ facts: facts as Record<string, unknown>, message });
  const { engine, clock } = await startEngine([ignores, limited, obedient], {
    log: { ...silent, warn: tell, info: tell },
    executor: (host) => new LocalExecutor(host, { maxRunning: 1 }),
  });
  const submit = async (type: string) => {
    const { id } = await engine.submit({ type, input: {} }, caller);
    await settle();
    return id;
  };
  const cancel = (id: string) => engine.cancel(caller.account, id, { by: "a", reason: "b" });
  const state = async (id: string) => (await engine.get(caller.account, id)).state;
  const open = () => {
    for (const gate of gates) gate.resolve();
  };
  return { engine, clock, told, submit, cancel, state, open };
}

const CASES = [
  ["ignores", "its task was canceled", "canceled"],
  ["limited", "its attempt took too long", "failed"],
] as const;

for (const [type, why, end] of CASES) {
  describe(`a handler that goes on though ${why}`, () => {
    const begin = async () => {
      const all = await bench();
      const id = await all.submit(type);
      if (type === "ignores") await all.cancel(id);
      await all.clock.advance(5_000);
      assert.equal(await all.state(id), end);
      return { ...all, id };
    };

    it("is counted nowhere but among those who are abandoned", async () => {
      const { engine, clock, submit, state } = await begin();
      await clock.advance(1_000_000);
      const { running, silent: silentSteps, abandoned } = engine.load;
      assert.deepEqual([running, silentSteps, abandoned], [0, 0, 1]);
      assert.equal(await state(await submit("obedient")), "running", "its slot is free");
    });

    it("is named, with how long it has gone on, and again when it ends", async () => {
      const { engine, clock, told, id, open } = await begin();
      await clock.advance(999);
      assert.equal(told.length, 0);
      await clock.advance(1);
      const facts = { taskId: id, type, step: "only", attempt: 1 };
      assert.deepEqual(told.splice(0), [
        {
          facts: { ...facts, ranMs: 6_000, abandonedMs: 1_000 },
          message: "a handler ignores its signal: it goes on after its attempt was given up",
        },
      ]);
      await clock.advance(4_000);
      open();
      await settle();
      assert.deepEqual(
        told.map((one) => [one.facts, one.message]),
        [[{ ...facts, ranMs: 10_000, abandonedMs: 5_000 }, "an abandoned handler has ended"]],
      );
      assert.equal(engine.load.abandoned, 0);
    });

    it("does not make a stop wait, and is named by it", async () => {
      const { engine, clock, told, id } = await begin();
      await clock.advance(1_000);
      told.length = 0;
      let stopped = false;
      void engine.stop(60_000).then(() => {
        stopped = true;
      });
      await settle();
      assert.ok(stopped);
      assert.deepEqual(
        told.map(({ facts, message }) => [facts["taskId"], message]),
        [[id, "the process ends without the end of this handler"]],
      );
      assert.equal(clock.pending, 0, "no timer is left");
    });
  });
}

describe("a stop while a canceled handler has its grace", () => {
  it("waits for the grace, not for the whole drain", async () => {
    const { engine, clock, submit, cancel } = await bench();
    await cancel(await submit("ignores"));
    await clock.advance(1_000);
    let stopped = false;
    void engine.stop(60_000).then(() => {
      stopped = true;
    });
    await clock.advance(3_999);
    assert.ok(!stopped);
    await clock.advance(1);
    assert.ok(stopped);
  });
});

describe("a handler that obeys", () => {
  it("is never called abandoned", async () => {
    const { engine, clock, told, submit, cancel, state } = await bench();
    const id = await submit("obedient");
    await cancel(id);
    await clock.advance(10_000);
    assert.deepEqual([await state(id), engine.load.abandoned, told], ["canceled", 0, []]);
    assert.equal(clock.pending, 0);
  });
});
