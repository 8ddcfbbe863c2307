import assert from "node:assert/strict";
import { test } from "node:test";
import { headersFromRaw, headerText, isRepeated } from "./request.ts";

test("raw headers keep what Node's own record drops: a repeated Host or Authorization", () => {
  const headers = headersFromRaw(["Host", "a", "X-Acs-Date", "", "HOST", "b", "host", "c"]);
  assert.deepEqual(headers, { host: ["a", "b", "c"], "x-acs-date": "" });
  assert.ok(isRepeated(headers, "host"));
  assert.equal(headerText(headers, "host"), undefined);
  assert.equal(headerText(headers, "x-acs-date"), "");
});

test("names that every object has are no headers, and can be sent", () => {
  assert.equal(headerText({}, "constructor"), undefined);
  assert.equal(headerText({}, "__proto__"), undefined);
  assert.deepEqual(headersFromRaw(["constructor", "a", "constructor", "b"])["constructor"], [
    "a",
    "b",
  ]);
  assert.doesNotThrow(() => headersFromRaw(["__proto__", "a", "__proto__", "b", "odd"]));
});

test("a list of one is a header sent once", () => {
  assert.equal(headerText({ date: ["x"] }, "date"), "x");
  assert.ok(!isRepeated({ date: ["x"] }, "date"));
});
