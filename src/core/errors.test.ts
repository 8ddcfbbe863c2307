import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DOMAIN_ERRORS,
  DomainError,
  type DomainErrorCode,
  isDamage,
  isStoreAway,
  TerminalError,
} from "./errors.ts";

test("a domain error says what, why, and whether to try again", () => {
  const cause = new Error("disk full");
  const error = new DomainError("StoreUnavailable", "try later", { file: "x" }, { cause });
  assert.ok(error instanceof Error);
  assert.equal(error.name, "DomainError");
  assert.equal(error.code, "StoreUnavailable");
  assert.equal(error.message, "try later");
  assert.deepEqual(error.facts, { file: "x" });
  assert.equal(error.cause, cause);
  assert.equal(error.retryable, true);
});

test("facts are optional, and retryable follows the catalogue", () => {
  for (const [code, { retryable }] of Object.entries(DOMAIN_ERRORS)) {
    const error = new DomainError(code as DomainErrorCode, "no");
    assert.equal(error.retryable, retryable, code);
    assert.deepEqual(error.facts, {});
  }
});

test("the caller can mend all but two, and only two may pass by themselves", () => {
  const all = Object.entries(DOMAIN_ERRORS);
  const ours = all.filter(([, { caller }]) => !caller).map(([code]) => code);
  assert.deepEqual(ours, ["StoreUnavailable", "UnexpectedState"]);
  const passing = all.filter(([, { retryable }]) => retryable).map(([code]) => code);
  assert.deepEqual(passing, ["ResourceBusy", "StoreUnavailable"]);
});

test("codes are in order, so that the next one finds its place", () => {
  const codes = Object.keys(DOMAIN_ERRORS);
  assert.deepEqual(codes, codes.toSorted());
});

test("a terminal error carries a handler's own code", () => {
  const cause = new Error("deep");
  const error = new TerminalError("NoStock", "none left", { cause });
  assert.ok(error instanceof Error);
  assert.equal(error.name, "TerminalError");
  assert.equal(error.code, "NoStock");
  assert.equal(error.message, "none left");
  assert.equal(error.cause, cause);
});

test("a store that is away can be there later, and damage stays", () => {
  const away = new DomainError("StoreUnavailable", "it is locked");
  const damaged = new DomainError("StoreUnavailable", "a row is damaged", { damaged: "task" });
  const told = (error: unknown) => [isStoreAway(error), isDamage(error)];
  assert.deepEqual(told(away), [true, false]);
  assert.deepEqual(told(damaged), [false, true]);
  assert.deepEqual(told(new DomainError("TaskEnded", "over")), [false, false]);
  assert.deepEqual(told({ code: "StoreUnavailable", facts: { damaged: "task" } }), [false, false]);
});
