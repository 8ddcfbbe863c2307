import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import {
  flag,
  object,
  objects,
  oneOf,
  requiredText,
  requiredTexts,
  text,
  texts,
  whole,
} from "./parameters.ts";

const RANGE = { min: 1, max: 5 };

function refused(read: () => unknown, code: string, parameter: string): void {
  assert.throws(read, (error) => {
    assert.ok(error instanceof DomainError);
    assert.equal(error.code, code);
    assert.equal(error.facts["parameter"], parameter);
    assert.match(error.message, new RegExp(`parameter ${parameter} is .*; give .+`));
    return true;
  });
}

describe("parameters", () => {
  it("read what dialects, query strings and forms give", () => {
    assert.equal(text({ name: 5 }, "name"), "5");
    assert.equal(text({ name: "" }, "name"), undefined);
    assert.equal(whole({ count: "3" }, "count", RANGE), 3);
    assert.equal(flag({ on: "True" }, "on"), true);
    assert.equal(flag({}, "on"), undefined);
    assert.deepEqual(texts({ ids: '["a","b"]' }, "ids"), ["a", "b"]);
    assert.deepEqual(texts({}, "ids"), []);
    assert.deepEqual(objects({ list: [{ a: 1 }] }, "list"), [{ a: 1 }]);
    assert.deepEqual(object({ body: '{"a":1}' }, "body"), { a: 1 });
    assert.equal(oneOf({ word: "b" }, "word", ["a", "b"]), "b");
  });

  const WRONG: readonly (readonly [name: string, read: (value: Json) => unknown, value: Json])[] = [
    ["text of a list", (x) => text({ x }, "x"), []],
    ["a fraction", (x) => whole({ x }, "x", RANGE), 1.5],
    ["a number that is none", (x) => whole({ x }, "x", RANGE), "three"],
    ["a number too large", (x) => whole({ x }, "x", RANGE), 6],
    ["a flag that is none", (x) => flag({ x }, "x"), "yes"],
    ["a list that is none", (x) => texts({ x }, "x"), "a,b"],
    ["a list of other things", (x) => texts({ x }, "x"), [1]],
    ["objects that are none", (x) => objects({ x }, "x"), ["a"]],
    ["broken JSON text", (x) => object({ x }, "x"), "{broken"],
    ["another word", (x) => oneOf({ x }, "x", ["a"]), "b"],
  ];
  for (const [name, read, value] of WRONG) {
    it(`refuse ${name}`, () => refused(() => read(value), "InvalidParameter", "x"));
  }

  it("refuse what is missing", () => {
    refused(() => requiredText({}, "x"), "MissingParameter", "x");
    refused(() => requiredTexts({ x: [] }, "x"), "MissingParameter", "x");
  });

  it("show at most a glimpse of a long value", () => {
    assert.throws(
      () => text({ x: ["a".repeat(1_000)] }, "x"),
      (error) => error instanceof DomainError && error.message.length < 200,
    );
  });
});
