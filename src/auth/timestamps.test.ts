import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { parseHttpDate, parseUtcSeconds } from "./timestamps.ts";

const wholeSeconds = fc
  .date({ min: new Date("0100-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));

test("every second that a client can write is read back", () => {
  fc.assert(
    fc.property(wholeSeconds, (date) => {
      assert.equal(parseUtcSeconds(date.toISOString().replace(".000", "")), date.getTime());
      assert.equal(parseHttpDate(date.toUTCString()), date.getTime());
    }),
  );
});

test("other forms of x-acs-date and Timestamp are refused", () => {
  for (const text of [
    "",
    "2026-01-02T03:04:05",
    "2026-01-02T03:04:05.000Z",
    "2026-01-02T03:04:05+08:00",
    "2026-01-02 03:04:05Z",
    "2026-13-02T03:04:05Z",
    "2026-02-30T03:04:05Z",
    "2026-01-02T24:00:00Z",
    "2026-01-02T03:60:05Z",
    "2026-01-02T03-04-05Z",
    "２026-01-02T03:04:05",
    "Fri, 02 Jan 2026 03:04:05 GMT",
  ])
    assert.ok(Number.isNaN(parseUtcSeconds(text)), text);
});

test("other forms of Date are refused", () => {
  for (const text of [
    "",
    "2026-01-02T03:04:05Z",
    "Fri, 2 Jan 2026 03:04:05 GMT",
    "Fri, 02 Jan 2026 03:04:05 UTC",
    "Xxx, 02 Jan 2026 03:04:05 GMT",
    "Fri, 02 anF 2026 03:04:05 GMT",
    "Fri, 31 Feb 2026 03:04:05 GMT",
    "Friday, 02-Jan-26 03:04:05 GM",
    "Fri, 02 Jan 2026T03:04:05 GMT",
    "Fri, 02 Jan 2026 03:04:61 GMT",
  ])
    assert.ok(Number.isNaN(parseHttpDate(text)), text);
});
