import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import {
  objectList,
  optionalChoice,
  optionalFlag,
  optionalInteger,
  optionalObject,
  optionalText,
  requiredText,
  requiredTextList,
  textList,
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
    assert.equal(optionalText({ name: 5 }, "name"), "5");
    assert.equal(optionalText({ name: "" }, "name"), undefined);
    assert.equal(optionalInteger({ count: "3" }, "count", RANGE), 3);
    assert.equal(optionalFlag({ on: "True" }, "on"), true);
    assert.equal(optionalFlag({}, "on"), undefined);
    assert.deepEqual(textList({ ids: '["a","b"]' }, "ids"), ["a", "b"]);
    assert.deepEqual(textList({}, "ids"), []);
    assert.deepEqual(objectList({ list: [{ a: 1 }] }, "list"), [{ a: 1 }]);
    assert.deepEqual(optionalObject({ body: '{"a":1}' }, "body"), { a: 1 });
    assert.equal(optionalChoice({ word: "b" }, "word", ["a", "b"]), "b");
  });

  const WRONG: readonly (readonly [name: string, read: (value: Json) => unknown, value: Json])[] = [
    ["text of a list", (x) => optionalText({ x }, "x"), []],
    ["a fraction", (x) => optionalInteger({ x }, "x", RANGE), 1.5],
    ["a number that is none", (x) => optionalInteger({ x }, "x", RANGE), "three"],
    ["a number too large", (x) => optionalInteger({ x }, "x", RANGE), 6],
    ["a flag that is none", (x) => optionalFlag({ x }, "x"), "yes"],
    ["a list that is none", (x) => textList({ x }, "x"), "a,b"],
    ["a list of other things", (x) => textList({ x }, "x"), [1]],
    ["objects that are none", (x) => objectList({ x }, "x"), ["a"]],
    ["broken JSON text", (x) => optionalObject({ x }, "x"), "{broken"],
    ["another word", (x) => optionalChoice({ x }, "x", ["a"]), "b"],
  ];
  for (const [name, read, value] of WRONG) {
    it(`refuse ${name}`, () => refused(() => read(value), "InvalidParameter", "x"));
  }

  it("refuse what is missing", () => {
    refused(() => requiredText({}, "x"), "MissingParameter", "x");
    refused(() => requiredTextList({ x: [] }, "x"), "MissingParameter", "x");
  });

  it("show at most a glimpse of a long value", () => {
    assert.throws(
      () => optionalText({ x: ["a".repeat(1_000)] }, "x"),
      (error) => error instanceof DomainError && error.message.length < 200,
    );
  });
});
