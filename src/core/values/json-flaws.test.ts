import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { isExact } from "./exact-number.ts";
import { flawInJson, flawInValue, isSuspicious } from "./json-flaws.ts";

describe("numbers that are kept exactly (row 29)", () => {
  const KEPT = [
    "0",
    "-0",
    "0.1",
    "1e21",
    "9007199254740991",
    "-9007199254740992",
    "1e308",
    "5e-324",
  ];
  const MORE = [
    "0e999",
    "0.0",
    "1.50",
    "100e-2",
    "12345678901234567890.5",
    "1E+2",
    "0.30000000000000001",
  ];
  const LOST = [
    "9007199254740993",
    "-9007199254740993",
    "9007199254740993.0",
    "90071992547409930e-1",
  ];
  const GONE = ["1e400", "-1e400", "1e-400", "9223372036854775807", `1${"0".repeat(400)}`];
  for (const literal of [...KEPT, ...MORE]) {
    it(`${literal} passes`, () => assert.equal(isExact(literal), true));
  }
  for (const literal of [...LOST, ...GONE]) {
    it(`${literal.slice(0, 24)} does not`, () => {
      assert.equal(isExact(literal), false);
      assert.ok(isSuspicious(literal), "the scan finds it");
      const flaw = flawInJson(`{"a": [true, ${literal}]}`, "input", false);
      assert.equal(flaw?.path, "input.a.1");
      assert.ok(literal.startsWith(flaw?.found.replace("...", "") ?? "?"), flaw?.found);
    });
  }

  it("every double passes as JSON.stringify writes it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        isExact(JSON.stringify(value)),
      ),
    );
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => isExact(String(value))));
  });

  it("a whole number passes only if it prints the same", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (value) => {
        const same =
          BigInt(
            Number(value).toLocaleString("en", {
              useGrouping: false,
              maximumSignificantDigits: 17,
            }),
          ) === value;
        return isExact(String(value)) ? BigInt(Number(value)) === value || same : true;
      }),
    );
  });
});

describe("texts that are kept (row 27)", () => {
  const CASES: readonly (readonly [json: string, path: string])[] = [
    ['{"concurrencyKey":"k\\ud800"}', "concurrencyKey"],
    ['{"a":{"b":["x","\\uDC00y"]}}', "a.b.1"],
    ['{"a":{"k\\ud83d":1}}', 'a."k\\ud83d"'],
    ['["\\u0000"]', "0"],
  ];
  for (const [json, path] of CASES) {
    it(`${json} is refused at ${path}`, () => {
      assert.ok(isSuspicious(json));
      const flaw = flawInJson(json, "", false);
      assert.equal(flaw?.path, path);
      assert.ok(flaw?.found.isWellFormed());
      assert.equal(flawInValue(JSON.parse(json), "")?.path, path);
    });
  }

  it("a whole pair and other escapes pass", () => {
    assert.equal(flawInJson('{"a":"\\ud83d\\ude00 \\u0001 \\\\ud800 \\\\"}', "", true), undefined);
  });

  it("no value that JSON.stringify wrote is read in another way than JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), (json) => {
        const value: unknown = JSON.parse(json);
        const byText = flawInJson(json, "root", true);
        const byValue = flawInValue(value, "root");
        return byText?.path === byValue?.path && (byText === undefined || isSuspicious(json));
      }),
    );
  });
});

describe("members that come twice (row 32)", () => {
  const CASES: readonly (readonly [json: string, path: string])[] = [
    ['{"a":1,"a":2}', "a"],
    ['{"a":1,"b":{"c":[{"d":1,"\\u0064":1}]}}', "b.c.0.d"],
    ['{"constructor":1,"constructor":1}', "constructor"],
  ];
  for (const [json, path] of CASES) {
    it(`${json} is refused at ${path}`, () => {
      assert.equal(flawInJson(json, "", true)?.path, path);
      assert.equal(flawInJson(json, "", false), undefined);
    });
  }

  it("are found wherever one is inserted", () => {
    const name = fc.string({ unit: "grapheme", maxLength: 5 });
    const inserted = fc.tuple(
      fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 }),
      fc.nat(),
    );
    fc.assert(
      fc.property(inserted, ([object, at]) => {
        const names = Object.keys(object);
        const again = names[at % names.length] ?? "";
        const once = JSON.stringify(object);
        const twice = `${once.slice(0, -1)},${JSON.stringify(again)}:0}`;
        return (
          flawInJson(once, "", true) === undefined &&
          flawInJson(twice, "", true)?.found === "there twice"
        );
      }),
    );
  });
});
