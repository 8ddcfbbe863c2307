import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TerminalError } from "../../core/errors.ts";
import { failureOf } from "./failure-of.ts";

const UNREADABLE = "something that cannot be read; throw an Error with a message";

/** An object whose `name` throws when it is read. */
function trapped<T extends object>(value: T, name: string): T {
  return Object.defineProperty(value, name, {
    get() {
      throw new Error("a trap");
    },
  });
}

describe("what a handler threw", () => {
  it("is an error, with its code, its kind and its cause", () => {
    const cause = new RangeError("too far");
    assert.deepEqual(failureOf(new Error("no", { cause })), {
      code: "Error",
      message: "no",
      terminal: false,
      cause: "RangeError: too far",
    });
    assert.equal(failureOf(new TypeError("no")).code, "TypeError");
    assert.equal(
      failureOf(Object.assign(new Error("no"), { code: "ECONNRESET" })).code,
      "ECONNRESET",
    );
    assert.deepEqual(failureOf(new TerminalError("Gone", "for good")), {
      code: "Gone",
      message: "for good",
      terminal: true,
    });
  });

  it("is anything else, in words", () => {
    const message = (thrown: unknown) => failureOf(thrown).message;
    assert.equal(message("just text"), "just text");
    assert.equal(message(undefined), "undefined");
    assert.equal(message(null), "null");
    assert.equal(message(Symbol("s")), "Symbol(s)");
    assert.equal(message({ a: 1 }), '{"a":1}');
    assert.deepEqual(failureOf({ code: "E1", message: "like an error" }), {
      code: "E1",
      message: "like an error",
      terminal: false,
    });
    assert.equal(failureOf(new Error("no", { cause: { a: 1 } })).cause, '{"a":1}');
  });

  it("is never more than can be read of it", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    assert.equal(failureOf(circle).message, UNREADABLE);
    assert.equal(failureOf(Object.create(null)).message, "{}");
    assert.equal(failureOf({ toString: () => assert.fail() }).message, "{}");
    assert.equal(failureOf(trapped(new Error("no"), "message")).message, "");
    assert.equal(failureOf(trapped(new Error("no"), "code")).message, "no");
    assert.equal(failureOf(new Error("no", { cause: circle })).cause, UNREADABLE);
    assert.equal(failureOf(Object.assign(new Error(), { message: { a: 1 } })).message, '{"a":1}');
    const wrong = Reflect.construct(TerminalError, [42, undefined]);
    assert.deepEqual(failureOf(wrong), { code: "", message: "", terminal: true });
  });
});
