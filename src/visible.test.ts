import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../test/support/properties.ts";
import { visible, visibleLines } from "./visible.ts";

describe("row 11: text for a terminal", () => {
  it("shows what is unsafe as an escape", () => {
    const cases = {
      "a\u001b[2Jb\u0007": "a\\u001b[2Jb\\u0007",
      "\u009b31m\u007f\u0085": "\\u009b31m\\u007f\\u0085",
      "\u202egpj.exe\u2066\u2069\u200e\u200f\u061c":
        "\\u202egpj.exe\\u2066\\u2069\\u200e\\u200f\\u061c",
      "one\r\ntwo\tthree\u2028\u2029": "one\\r\\ntwo\\tthree\\u2028\\u2029",
      "no\u200bthing\ufeff\u00ad\u{e0041}": "no\\u200bthing\\ufeff\\u00ad\\udb40\\udc41",
      "half\ud800": "half\\ud800",
    };
    for (const [text, shown] of Object.entries(cases)) assert.equal(visible(text), shown);
  });

  it("leaves words of every language, and emoji, as they are", () => {
    for (const text of ["升级集群", "می‌خواهم", "क्‍ष", "👩‍👩‍👧‍👦 ❤️", "é", "שלום", "a b"]) {
      assert.equal(visible(text), text);
    }
  });

  it("keeps the line ends and tabs of what this program has laid out", () => {
    assert.equal(visibleLines("a\tb\nc\u001b[A\r\n"), "a\tb\nc\\u001b[A\\r\n");
  });

  it("is idempotent, and keeps the value of every JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const said = visible(JSON.stringify(value));
        assert.deepEqual(JSON.parse(said), JSON.parse(JSON.stringify(value)));
        assert.equal(visible(said), said);
        assert.doesNotMatch(said, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u);
      }),
    );
  });
});
