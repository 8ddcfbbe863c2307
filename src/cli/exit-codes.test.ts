import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionError, TaskscribeError } from "../client/index.ts";
import { ConfigError } from "../config/config-error.ts";
import { EXIT, ExitError, exitOfError, exitOfTask, mostSerious } from "./exit-codes.ts";

test("every state of a task has its code", () => {
  const states = [
    "succeeded",
    "failed",
    "canceled",
    "expired",
    "pending",
    "running",
    "paused",
    "canceling",
  ] as const;
  assert.deepEqual(
    states.map((state) => exitOfTask({ state })),
    [0, 2, 3, 4, 5, 5, 5, 5],
  );
});

test("every error has its code", () => {
  const told = (code: string, status: number) =>
    new TaskscribeError("no", {
      code,
      status,
      requestId: undefined,
      retryable: false,
      facts: {},
      retryAfterMs: undefined,
    });
  const cases: readonly (readonly [error: unknown, code: number])[] = [
    [told("TaskNotFound", 404), EXIT.notFound],
    [told("ResourceNotFound", 404), EXIT.notFound],
    [told("TaskTypeNotFound", 404), EXIT.refused],
    [told("SignatureDoesNotMatch", 403), EXIT.refused],
    [told("TaskEnded", 409), EXIT.refused],
    [told("StoreUnavailable", 503), EXIT.error],
    [told("UnexpectedAnswer", 200), EXIT.error],
    [new ConnectionError("http://a", "refused"), EXIT.error],
    [new ConfigError("bad"), EXIT.refused],
    [new ExitError(EXIT.interrupted), EXIT.interrupted],
    [new TypeError("a mistake of ours"), EXIT.error],
  ];
  for (const [error, code] of cases) assert.equal(exitOfError(error), code, String(error));
});

test("the most serious of several codes counts", () => {
  assert.equal(mostSerious([]), 0);
  assert.equal(mostSerious([0, 5, 0]), 5);
  assert.equal(mostSerious([5, 3, 4]), 4);
  assert.equal(mostSerious([4, 2, 0]), 2);
  assert.equal(mostSerious([2, 6, 7]), 7);
});
