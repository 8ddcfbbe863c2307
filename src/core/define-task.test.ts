import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineTask } from "./define-task.ts";
import { DEFAULT_RETRY } from "./retry-policy.ts";
import { DEFAULT_CANCEL_GRACE_MS, type TaskTypeDefinition } from "./task-type.ts";

const run = async () => {};

describe("a task type", () => {
  test("needs a name and a function for each step; the rest has defaults", () => {
    const { steps, ...type } = defineTask({ type: "sample", steps: { first: run, second: run } });
    assert.deepEqual(type, {
      type: "sample",
      product: undefined,
      input: undefined,
      outputs: undefined,
      plan: [
        { name: "first", after: [], weight: 1, maxAttempts: 5 },
        { name: "second", after: ["first"], weight: 1, maxAttempts: 5 },
      ],
      timeoutMs: undefined,
      cancelGraceMs: DEFAULT_CANCEL_GRACE_MS,
      maxRunning: undefined,
      maxRunningPerAccount: undefined,
      maxPerKey: 1,
      startRate: undefined,
      startRatePerKey: undefined,
      cancelable: true,
      pausable: true,
      onEnd: undefined,
    });
    assert.deepEqual([...steps.keys()], ["first", "second"]);
    assert.deepEqual(steps.get("second"), {
      plan: type.plan[1],
      run,
      undo: undefined,
      retry: DEFAULT_RETRY,
      timeoutMs: undefined,
      heartbeatMs: undefined,
    });
  });
  test("may say all of it", () => {
    const onEnd = async () => {};
    const type = defineTask({
      type: "sample",
      product: "ack",
      steps: {
        a: {
          run,
          weight: 3,
          timeoutMs: 5,
          heartbeatMs: 4,
          labels: { tag: "x" },
          retry: { maxAttempts: 1 },
        },
        b: { run, after: [] },
        c: { run, after: ["a", "b"] },
      },
      input: { type: "object" },
      outputs: { type: "array" },
      retry: { maxAttempts: 2, jitter: 0 },
      timeoutMs: 100,
      cancelGraceMs: 0,
      maxRunning: 7,
      maxRunningPerAccount: 3,
      maxPerKey: 2,
      startRate: { starts: 1, perMs: 2 },
      startRatePerKey: { starts: 3, perMs: 4 },
      cancelable: false,
      pausable: false,
      onEnd,
    });
    assert.deepEqual(type.plan, [
      { name: "a", after: [], weight: 3, maxAttempts: 1, labels: { tag: "x" } },
      { name: "b", after: [], weight: 1, maxAttempts: 2 },
      { name: "c", after: ["a", "b"], weight: 1, maxAttempts: 2 },
    ]);
    const { steps, plan, ...limits } = type;
    assert.deepEqual(limits, {
      type: "sample",
      product: "ack",
      input: { type: "object" },
      outputs: { type: "array" },
      timeoutMs: 100,
      cancelGraceMs: 0,
      maxRunning: 7,
      maxRunningPerAccount: 3,
      maxPerKey: 2,
      startRate: { starts: 1, perMs: 2 },
      startRatePerKey: { starts: 3, perMs: 4 },
      cancelable: false,
      pausable: false,
      onEnd,
    });
    assert.deepEqual([steps.get("a")?.timeoutMs, steps.get("a")?.heartbeatMs], [5, 4]);
    assert.deepEqual(steps.get("a")?.retry, { ...DEFAULT_RETRY, maxAttempts: 1, jitter: 0 });
    assert.equal(plan.length, 3);
  });
  test("is refused if nothing could ever start by its rates", () => {
    for (const startRate of [
      { starts: 0, perMs: 1 },
      { starts: 1, perMs: 0 },
    ]) {
      assert.throws(() => defineTask({ type: "never", steps: { run }, startRate }), {
        code: "InvalidParameter",
        message: /startRate is \d per \d ms; give at least 1 start/,
      });
    }
  });
  test("is refused if its steps form no order", () => {
    assert.throws(() => defineTask({ type: "none", steps: {} }), { code: "InvalidParameter" });
    assert.throws(
      () => defineTask({ type: "circle", steps: { a: { run, after: ["b"] }, b: run } }),
      /a, b wait for each other/,
    );
  });
  test("is refused if JavaScript would reorder its steps", () => {
    assert.throws(
      () => defineTask({ type: "numbered", steps: { "2": run, "1": run } }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "InvalidParameter");
        assert.match(error.message, /step "1" .* whole number/);
        return true;
      },
    );
  });

  test("is refused in words if it is given something else than what belongs there", () => {
    const span = "give a number of milliseconds above 0";
    const count = "give a whole number, at least 1";
    const wrong: readonly [object, string][] = [
      [{ type: "" }, 'type of task type "" is ""; give a name'],
      [{ type: undefined }, 'type of task type "undefined" is nothing; give a name'],
      [{ product: 1 }, 'product of task type "t" is 1; give a name'],
      [{ steps: undefined }, 'steps of task type "t" is nothing; give an object'],
      [{ timeoutMs: 0 }, `timeoutMs of task type "t" is 0; ${span}`],
      [{ timeoutMs: Number.NaN }, `timeoutMs of task type "t" is NaN; ${span}`],
      [{ timeoutMs: "5s" }, `timeoutMs of task type "t" is "5s"; ${span}`],
      [
        { cancelGraceMs: -1 },
        'cancelGraceMs of task type "t" is -1; give a number of milliseconds',
      ],
      [{ maxRunning: 0 }, `maxRunning of task type "t" is 0; ${count}`],
      [{ maxPerKey: 1.5 }, `maxPerKey of task type "t" is 1.5; ${count}`],
      [{ cancelable: "no" }, 'cancelable of task type "t" is "no"; give true or false'],
      [{ onEnd: {} }, 'onEnd of task type "t" is {}; give a function'],
      [{ input: null }, 'input of task type "t" is null; give an object'],
      [{ startRate: 5 }, 'startRate of task type "t" is 5; give an object'],
      [
        { timeout: 5 },
        'task type "t" has "timeout", which is none of: type, product, steps, input, outputs, retry, timeoutMs, ' +
          "cancelGraceMs, maxRunning, maxRunningPerAccount, maxPerKey, startRate, startRatePerKey, cancelable, pausable, onEnd",
      ],
      [{ retry: { firstDelayMs: "1s" } }, 'firstDelayMs of retry of task type "t" is "1s"; give a'],
      [
        { retry: { maxDelayMs: -1 } },
        'maxDelayMs of retry of task type "t" is -1; give a number of',
      ],
      [{ retry: { factor: 0 } }, 'factor of retry of task type "t" is 0; give a number above 0'],
      [{ retry: { jitter: 1.1 } }, 'jitter of retry of task type "t" is 1.1; give a number from 0'],
      [{ retry: { jitter: -0.1 } }, 'jitter of retry of task type "t" is -0.1; give a number from'],
      [
        { retry: { attempts: 2 } },
        'retry of task type "t" has "attempts", which is none of: maxAtt',
      ],
      [{ steps: { a: {} } }, 'run of step "a" of task type "t" is nothing; give a function'],
      [
        { steps: { a: "run" } },
        'step "a" of task type "t" is "run"; give a function, or an object',
      ],
      [{ steps: { a: null } }, 'step "a" of task type "t" is null; give a function, or an object'],
      [
        { steps: { a: { run, undo: 1 } } },
        'undo of step "a" of task type "t" is 1; give a function',
      ],
      [
        { steps: { a: { run, after: "b" } } },
        'after of step "a" of task type "t" is "b"; give a list',
      ],
      [
        { steps: { a: { run, heartbeatMs: run } } },
        `heartbeatMs of step "a" of task type "t" is a f`,
      ],
      [
        { steps: { a: { run, aftr: [] } } },
        'step "a" of task type "t" has "aftr", which is none of: run',
      ],
      [
        { steps: { a: { run, toString: run } } },
        'step "a" of task type "t" has "toString", which is',
      ],
      [
        { steps: { a: { run, retry: { jitter: 2 } } } },
        'jitter of retry of step "a" of task type "t"',
      ],
    ];
    for (const [given, message] of wrong) {
      const definition: object = { type: "t", steps: { first: run }, ...given };
      assert.throws(
        () => defineTask(definition as TaskTypeDefinition),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "InvalidParameter");
          assert.equal(error.message.slice(0, message.length), message);
          return true;
        },
      );
    }
  });
  test("may leave a setting undefined, which is its default", () => {
    const unset: object = { timeoutMs: undefined, retry: undefined };
    const type = defineTask({ type: "t", steps: { first: { run, ...unset } }, ...unset });
    assert.deepEqual([type.timeoutMs, type.steps.get("first")?.retry], [undefined, DEFAULT_RETRY]);
    const edges = { firstDelayMs: 0, maxDelayMs: 0, factor: 0.5, jitter: 1 };
    assert.equal(defineTask({ type: "t", steps: { first: run }, retry: edges }).maxPerKey, 1);
  });

  test("has a most of steps (row 19)", () => {
    const steps = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, run]));
    assert.equal(defineTask({ type: "long", steps: steps(1_000) }).plan.length, 1_000);
    assert.throws(() => defineTask({ type: "long", steps: steps(1_001) }), {
      message: 'steps of task type "long" is 1001; give at most 1000 steps',
    });
  });
});
