import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { newDataKey, SecretBox } from "../access/secrets/secret-box.ts";
import { defineTask } from "../core/define-task.ts";
import type { JsonObject } from "../core/json.ts";
import type { StartOperation } from "../core/product.ts";
import { fingerprintOf } from "./fingerprints.ts";

const grow = defineTask({ type: "grow", steps: { only: async () => ({}) } });

/** An operation whose every run replies something else. */
function product(reply: (run: number) => JsonObject | undefined = (run) => ({ pool: run })) {
  let runs = 0;
  const Grow: StartOperation = async (parameters) => {
    const told = reply(++runs);
    const target = { type: "pool", id: "p-1" };
    return { type: "grow", input: parameters, target, ...(told && { reply: told }) };
  };
  return { operations: { Grow } };
}

describe("the reply to an operation", () => {
  it("is the same for a repeat with its token, after a restart and from the archive too", async () => {
    const { engine, store, clock } = await startEngine([grow], { product: product() });
    const first = await engine.startOperation("native", "Grow", { n: 1 }, caller, "once");
    assert.deepEqual(first.reply, { pool: 1 });
    const again = await startEngine([grow], { product: product(), store, clock });
    const repeat = () => again.engine.startOperation("native", "Grow", { n: 1 }, caller, "once");
    const repeated = await repeat();
    assert.deepEqual([repeated.task.id, repeated.reply], [first.task.id, first.reply]);
    await again.clock.advance(10);
    assert.equal((await store.archive([first.task.id])).length, 1);
    const archived = await repeat();
    assert.deepEqual([archived.task.id, archived.reply], [first.task.id, first.reply]);
    const other = again.engine.startOperation("native", "Grow", { n: 2 }, caller, "once");
    await assert.rejects(other, { code: "TokenMismatch" });
  });

  it("is no attribute of the task", async () => {
    const { engine } = await startEngine([grow], { product: product() });
    const { task } = await engine.startOperation("native", "Grow", {}, caller, "once");
    assert.deepEqual(task.attributes, { operation: "Grow" });
  });

  it("is its own for each call without a token, and empty where there is none", async () => {
    const { engine } = await startEngine([grow], { product: product() });
    const start = () => engine.startOperation("native", "Grow", {}, caller);
    assert.deepEqual([(await start()).reply, (await start()).reply], [{ pool: 1 }, { pool: 2 }]);
    const mute = await startEngine([grow], { product: product(() => undefined) });
    for (const token of [undefined, "t", "t"]) {
      const { reply } = await mute.engine.startOperation("native", "Grow", {}, caller, token);
      assert.deepEqual(reply, {});
    }
  });

  it("of an older release, kept among the task's attributes, is still answered", async () => {
    const { engine, store } = await startEngine([grow], { product: product() });
    // As it was stored before tokens kept replies.
    const { task } = await engine.submitWithOutcome(
      { type: "grow", input: {}, attributes: { operation: "Grow", reply: { pool: 7 } } },
      caller,
    );
    const parked = { scope: "native/Grow", token: "old", fingerprint: fingerprintOf({ n: 1 }) };
    const append = {
      taskId: "t-old",
      expectedVersion: 0,
      events: [{ type: "TaskSubmitted", at: 1, task: { ...task, id: "t-old" } }] as const,
      task: { ...task, id: "t-old", version: 1 },
      token: parked,
    };
    assert.equal((await store.append(append)).outcome, "appended");
    const found = await engine.startOperation("native", "Grow", { n: 1 }, caller, "old");
    assert.deepEqual([found.task.id, found.reply], ["t-old", { pool: 7 }]);
  });
});

describe("the fingerprint of a submission", () => {
  it("is the one of the first release, so that stored tokens keep answering", async () => {
    const { engine, store } = await startEngine([grow]);
    await engine.submit({ type: "grow", input: { n: 1 }, token: "t", validateOnly: false }, caller);
    const known = await store.findToken(caller.account, "native/submit", "t");
    const asked = { type: "grow", input: { n: 1 }, clientToken: "t" };
    assert.equal(known?.fingerprint, fingerprintOf(asked));
  });

  it("has a key if secrets have one: who has the database alone cannot try which secret fits", async () => {
    const sealer = new SecretBox([newDataKey(0)]);
    const { engine, store } = await startEngine([grow], { sealer });
    const request = { type: "grow", input: { password: "hunter2" }, token: "t" };
    const task = await engine.submit(request, caller);
    const known = await store.findToken(caller.account, "native/submit", "t");
    const asked = { type: "grow", input: { password: "hunter2" }, clientToken: "t" };
    assert.match(String(known?.fingerprint), /^k1\.[\w-]{43}$/);
    assert.ok(!String(known?.fingerprint).includes(fingerprintOf(asked)));
    assert.equal((await engine.submit(request, caller)).id, task.id);
    sealer.add(newDataKey(1));
    assert.equal((await engine.submit(request, caller)).id, task.id, "after an exchange, too");
    const other = { ...request, input: { password: "hunter3" } };
    await assert.rejects(engine.submit(other, caller), { code: "TokenMismatch" });
  });

  it("of an earlier version keeps answering when secrets have a key", async () => {
    const bare = await startEngine([grow]);
    const request = { type: "grow", input: { n: 1 }, token: "t" };
    const task = await bare.engine.submit(request, caller);
    const sealer = new SecretBox([newDataKey(0)]);
    const { engine } = await startEngine([grow], { sealer, store: bare.store });
    assert.equal((await engine.submit(request, caller)).id, task.id);
    const other = { ...request, input: { n: 2 } };
    await assert.rejects(engine.submit(other, caller), { code: "TokenMismatch" });
  });
});
