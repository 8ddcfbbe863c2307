import assert from "node:assert/strict";
import { test } from "node:test";
import { DOMAIN_ERRORS, DomainError, type DomainErrorCode, TerminalError } from "./errors.ts";

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
