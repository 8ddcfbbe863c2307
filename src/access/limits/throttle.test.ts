import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { policyNames } from "../../../test/support/access-fixture.ts";
import { Operations } from "../policies/operations.ts";
import { Throttle, type Throttling } from "./throttle.ts";

const operations = new Operations(policyNames(), [
  { dialect: "ack", action: "DescribeTaskInfo", role: "query-task", parameters: [] },
  { dialect: "ack", action: "ScaleOutCluster", role: "start-task", parameters: [] },
]);
const describeTask = operations.find({ dialect: "ack", action: "DescribeTaskInfo", method: "GET" });
const scaleOut = operations.find({ dialect: "ack", action: "ScaleOutCluster", method: "POST" });

const outcomes = (limits: Throttling, calls: readonly [string, typeof scaleOut, number][]) => {
  const throttle = new Throttle(limits);
  return calls.map(
    ([account, operation, now]) => throttle.take(account, operation, now)?.code ?? "in",
  );
};

describe("throttling", () => {
  test("lets a burst through, then refuses, and says how long to wait", () => {
    const throttle = new Throttle({ changes: { perSecond: 2, burst: 2 } });
    assert.equal(throttle.take("a", scaleOut, 0), undefined);
    assert.equal(throttle.take("a", scaleOut, 0), undefined);
    assert.deepEqual(throttle.take("a", scaleOut, 0), {
      status: 400,
      code: "Throttling.Api",
      message: "Request was denied due to api flow control.",
      reason: "throttled-by-api",
      retryAfterMs: 500,
    });
    assert.equal(throttle.take("a", scaleOut, 499)?.retryAfterMs, 1);
    assert.equal(throttle.take("a", scaleOut, 500), undefined);
  });

  test("does not limit reads by default", () => {
    const one = { perSecond: 1, burst: 1 };
    const twice = [["a", describeTask, 0] as const, ["a", describeTask, 0] as const];
    assert.deepEqual(
      outcomes(
        { changes: one },
        twice.map((call) => [...call]),
      ),
      ["in", "in"],
    );
    assert.deepEqual(
      outcomes(
        { reads: one },
        twice.map((call) => [...call]),
      ),
      ["in", "Throttling.Api"],
    );
  });

  test("a limit of one operation replaces the general limit", () => {
    const operations = { "cs:ScaleOutCluster": { perSecond: 1, burst: 3 } };
    const limits = { changes: { perSecond: 1, burst: 1 }, operations };
    const calls = Array.from({ length: 4 }, (): [string, typeof scaleOut, number] => [
      "a",
      scaleOut,
      0,
    ]);
    assert.deepEqual(outcomes(limits, calls), ["in", "in", "in", "Throttling.Api"]);
  });

  test("the limit of an account counts all its operations, and no operations of other accounts", () => {
    const limits = { account: { perSecond: 1, burst: 2 } };
    assert.deepEqual(
      outcomes(limits, [
        ["a", describeTask, 0],
        ["a", scaleOut, 0],
        ["a", describeTask, 0],
        ["b", describeTask, 0],
      ]),
      ["in", "in", "Throttling.User", "in"],
    );
  });

  test("a refused call takes nothing from the other bucket", () => {
    const one = { perSecond: 1, burst: 1 };
    const throttle = new Throttle({ account: { perSecond: 1, burst: 2 }, changes: one });
    assert.equal(throttle.take("a", scaleOut, 0), undefined);
    assert.equal(throttle.take("a", scaleOut, 0)?.code, "Throttling.Api");
    assert.equal(throttle.take("a", describeTask, 0), undefined);
    assert.equal(throttle.take("a", describeTask, 0)?.code, "Throttling.User");
  });

  test("a clock that is set back changes no bucket", () => {
    const throttle = new Throttle({ changes: { perSecond: 1, burst: 1 } });
    assert.equal(throttle.take("a", scaleOut, 10_000), undefined);
    assert.equal(throttle.take("a", scaleOut, 0)?.retryAfterMs, 1_000);
    assert.equal(throttle.take("a", scaleOut, 1_000), undefined);
  });

  test("an account's own limit replaces the one for all, and the others stay", () => {
    const one = { perSecond: 1, burst: 1 };
    const limits: Throttling = {
      reads: one,
      changes: one,
      accounts: { a: { reads: { perSecond: 1, burst: 2 } } },
    };
    const calls: [string, typeof scaleOut, number][] = [
      ["a", describeTask, 0],
      ["a", describeTask, 0],
      ["a", describeTask, 0],
      ["a", scaleOut, 0],
      ["a", scaleOut, 0],
      ["b", describeTask, 0],
      ["b", describeTask, 0],
    ];
    assert.deepEqual(outcomes(limits, calls), [
      ...["in", "in", "Throttling.Api", "in", "Throttling.Api"],
      ...["in", "Throttling.Api"],
    ]);
  });
});
