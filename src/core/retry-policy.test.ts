import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_RETRY, type RetryPolicy, retryDelayMs } from "./retry-policy.ts";

const policy: RetryPolicy = {
  maxAttempts: 9,
  firstDelayMs: 1_000,
  factor: 2,
  maxDelayMs: 5_000,
  jitter: 0,
};

describe("the pause before a retry", () => {
  test("grows by the factor up to the longest", () => {
    const delays = [1, 2, 3, 4, 5, 2_000].map((failures) => retryDelayMs(policy, failures, 0));
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  });
  test("is only shortened by chance, by the jitter's share at most", () => {
    const jittery = { ...policy, jitter: 0.5 };
    assert.equal(retryDelayMs(jittery, 1, 0), 1_000);
    assert.equal(retryDelayMs(jittery, 1, 0.5), 750);
    assert.ok(retryDelayMs(jittery, 1, 0.999999) >= 500);
  });
  test("is whole milliseconds", () => {
    assert.equal(retryDelayMs({ ...policy, firstDelayMs: 0.4 }, 1, 0), 0);
    assert.equal(retryDelayMs({ ...policy, factor: 1.5 }, 4, 0), 3_375);
    assert.equal(retryDelayMs({ ...policy, jitter: 0.3 }, 1, 1 / 3), 900);
  });
  test("of a policy without one stays none, however often it failed", () => {
    for (const failures of [1, 10, 2_000]) {
      assert.equal(retryDelayMs({ ...policy, firstDelayMs: 0 }, failures, 0.5), 0);
    }
  });
  test("is the same each time for a factor of one", () => {
    assert.equal(retryDelayMs({ ...policy, factor: 1 }, 2_000, 0), 1_000);
  });
});

test("by default a step has five attempts, at most a minute apart", () => {
  assert.equal(DEFAULT_RETRY.maxAttempts, 5);
  assert.equal(retryDelayMs(DEFAULT_RETRY, 1, 0), 1_000);
  assert.equal(retryDelayMs(DEFAULT_RETRY, 50, 0), 60_000);
});
