import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { BudgetMeter } from "../budget-meter.ts";
import { defineTask } from "../core/define-task.ts";
import { FIELD_LIMITS } from "../core/values/field-limits.ts";
import { cut, isLarger } from "./bounds/limits.ts";

const scale = defineTask({
  type: "scale",
  input: {
    type: "object",
    required: ["count"],
    properties: {
      count: { type: "integer", minimum: 1 },
      nodes: { type: "array", items: { type: "object", properties: { id: { type: "string" } } } },
    },
  },
  steps: { only: async () => {} },
});

describe("an input", () => {
  it("that does not fit is refused, with the path of what is wrong", async () => {
    const { engine } = await startEngine([scale]);
    const submit = (input: object) => engine.submit({ type: "scale", input: { ...input } }, caller);
    await assert.rejects(submit({ count: 1, nodes: [{ id: "a" }, { id: 2 }] }), {
      code: "InvalidParameter",
      message: /input\/nodes\/1\/id must be string/,
    });
    await assert.rejects(submit({ count: 0 }), { message: /input\/count / });
    await assert.rejects(submit({}), { message: /input must have required properties count/ });
    assert.equal((await submit({ count: 2 })).type, "scale");
  });

  it("that is too large is refused", async () => {
    const { engine } = await startEngine([scale]);
    const input = { count: 1, text: "x".repeat(256 * 1024) };
    await assert.rejects(engine.submit({ type: "scale", input }, caller), {
      code: "InvalidParameter",
      message: /at most 262144 bytes/,
    });
  });
});

describe("what a handler throws", () => {
  it("is cut when it is long", async () => {
    const type = defineTask({
      type: "wordy",
      retry: { maxAttempts: 1 },
      steps: {
        only: async () => {
          throw Object.assign(new Error("x".repeat(1e6), { cause: "y".repeat(1e6) }), {
            code: "z".repeat(1e6),
          });
        },
      },
    });
    const { engine, clock } = await startEngine([type]);
    const { id } = await engine.submit({ type: "wordy", input: {} }, caller);
    await clock.advance(0);
    const { error } = await engine.get(caller.account, id);
    for (const text of [error?.code, error?.message, error?.cause]) {
      assert.match(text ?? "", /^(x+|y+|z+)… \(cut\)$/);
    }
  });
});

describe("limits", () => {
  it("are counted each time that something goes beyond them", async () => {
    const meter = new BudgetMeter({ inputBytes: 100, messageBytes: 20 });
    const type = defineTask({
      type: "wordy",
      retry: { maxAttempts: 1 },
      steps: {
        only: async (_, { message, item }) => {
          message("x".repeat(30));
          for (let n = 0; n <= FIELD_LIMITS.items; n++) item(`${n}`, "failed");
        },
      },
    });
    const limits = { ...meter.budgets, reached: meter.reached };
    const { engine, clock } = await startEngine([type], { limits });
    const input = { text: "x".repeat(100) };
    await assert.rejects(engine.submit({ type: "wordy", input }, caller));
    await engine.submit({ type: "wordy", input: {} }, caller);
    await clock.advance(0);
    const reached = meter.readings().flatMap((one) => (one.reached > 0 ? [one.name] : []));
    assert.deepEqual(reached.toSorted(), ["inputBytes", "items", "messageBytes"]);
  });

  it("cut a text between characters, and say so", () => {
    assert.equal(cut("short", 10), "short");
    for (let bytes = 20; bytes < 40; bytes++) {
      const text = cut("€uro ".repeat(20), bytes);
      assert.ok(Buffer.byteLength(text) <= bytes && Buffer.byteLength(text) > bytes - 4, text);
      assert.match(text, /^(€uro ?)*[€uro]*… \(cut\)$/);
    }
  });

  it("measure bytes, not characters", () => {
    assert.equal(isLarger({ a: "é".repeat(50) }, 107), true);
    assert.equal(isLarger({ a: "é".repeat(50) }, 108), false);
  });
});
