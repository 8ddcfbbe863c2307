import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { chinaTime, chinaTimeWithoutZone, utcMillis, utcSeconds } from "./timestamps.ts";

const CHINA_MS = 8 * 3_600_000;
/** Every moment that a Date knows, and more often those of our time and around midnight. */
const moments = fc.oneof(
  fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 - CHINA_MS }),
  fc.integer({ min: 0, max: 4_102_444_800_000 }),
  fc
    .tuple(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: -2, max: 2 }))
    .map(([day, ms]) => day * 86_400_000 + ms),
);

describe("moments", () => {
  it("are written as Date writes them", () => {
    fc.assert(
      fc.property(moments, (ms) => {
        const utc = new Date(ms).toISOString();
        const china = new Date(ms + CHINA_MS).toISOString();
        assert.equal(utcMillis(ms), utc);
        assert.equal(utcSeconds(ms), `${utc.slice(0, 19)}Z`);
        assert.equal(chinaTime(ms), `${china.slice(0, 19)}+08:00`);
        assert.equal(chinaTimeWithoutZone(ms), china.slice(0, 19).replace("T", " "));
      }),
      { numRuns: 10_000 },
    );
  });

  it("are written as Date writes them if they are no whole ms", () => {
    assert.equal(utcMillis(1.5), new Date(1.5).toISOString());
    assert.throws(() => utcMillis(Number.NaN), RangeError);
  });
});
