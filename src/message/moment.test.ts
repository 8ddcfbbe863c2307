import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { parseMoment, parseMomentOrMs } from "../core/values/moment.ts";

const READ: readonly (readonly [text: string, utc: string])[] = [
  ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"],
  ["2026-01-02t03:04:05z", "2026-01-02T03:04:05.000Z"],
  ["2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600Z"],
  ["2026-01-02T03:04:05.678999999999Z", "2026-01-02T03:04:05.678Z"],
  ["2026-01-02T11:04:05+08:00", "2026-01-02T03:04:05.000Z"],
  ["2026-01-01T22:34:05-04:30", "2026-01-02T03:04:05.000Z"],
  ["2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000Z"],
  ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ["2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z"],
  ["1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000Z"],
];

const REFUSED = [
  "2026-11-29T23:08:24",
  "2027-02-30T00:00:00Z",
  "2027-02-29T00:00:00Z",
  "2026-01-02T24:00:00Z",
  "2026-01-02T03:04:05+0800",
  "2026-01-02T03:04:05+08",
  "2026-01-02T03:04:05+24:00",
  "2026-01-02T03:04:05+08:60",
  "2026-01-02 03:04:05Z",
  "2026-01-02T03:04Z",
  "2026-01-02",
  "2026-13-01T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-01-00T00:00:00Z",
  "2026-01-02T03:60:05Z",
  "2026-01-02T03:04:60Z",
  "2016-12-31T23:59:61Z",
  "2016-12-30T23:59:60Z",
  "2016-12-31T23:59:60+01:00",
  "2026-1-2T3:4:5Z",
  "+002026-01-02T03:04:05Z",
  "2026-01-02T03:04:05.Z",
  "2026-01-02T03:04:05,5Z",
  " 2026-01-02T03:04:05Z",
  "2026-01-02T03:04:05Z\n",
  "２０２６-01-02T03:04:05Z",
  `2026-01-02T03:04:05.${"1".repeat(100)}Z`,
  "Fri, 02 Jan 2026 03:04:05 GMT",
  "",
];

describe("a moment (row 31)", () => {
  for (const [text, utc] of READ) {
    it(`${text} is ${utc}`, () =>
      assert.equal(new Date(parseMoment(text) ?? 0).toISOString(), utc));
  }
  for (const text of REFUSED) {
    it(`${JSON.stringify(text.slice(0, 30))} is none`, () =>
      assert.equal(parseMoment(text), undefined));
  }

  it("is read as Date.parse reads what both accept, in every offset", () => {
    const date = fc.date({
      min: new Date("0001-01-02T00:00:00Z"),
      max: new Date("9999-12-30T00:00:00Z"),
      noInvalidDate: true,
    });
    const offset = fc.tuple(fc.constantFrom("+", "-"), fc.nat(23), fc.nat(59));
    const two = (number: number) => String(number).padStart(2, "0");
    fc.assert(
      fc.property(date, offset, (at, [sign, hours, minutes]) => {
        const utc = at.toISOString();
        const there = utc.replace("Z", `${sign}${two(hours)}:${two(minutes)}`);
        return parseMoment(utc) === at.getTime() && parseMoment(there) === Date.parse(there);
      }),
    );
  });

  it("whatever the text, it is a whole number of ms or none", () => {
    const near = fc.stringMatching(
      /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{0,4})?([Zz]|[+-]\d\d:?\d\d)?$/,
    );
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        const at = parseMoment(text);
        return at === undefined || (Number.isSafeInteger(at) && /[zZ]|[+-]\d\d:\d\d$/.test(text));
      }),
    );
  });

  it("may be ms since the epoch where that is allowed", () => {
    assert.equal(parseMomentOrMs("1700000000000"), 1_700_000_000_000);
    assert.equal(parseMomentOrMs("0"), 0);
    for (const text of ["-1", "1e3", "1.5", "1700000000000000"]) {
      assert.equal(parseMomentOrMs(text), undefined, text);
    }
  });
});
