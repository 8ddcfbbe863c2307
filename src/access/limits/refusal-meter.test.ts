import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { record } from "../../../test/contracts/access-store-contract.ts";
import type { AuditRecord } from "../../store/access-store.ts";
import { RefusalMeter } from "./refusal-meter.ts";

const SECOND = 1_000;
const refusal = (at: number, over: Partial<AuditRecord> = {}) =>
  record({ at, outcome: "refused", reason: "wrong-signature", ...over });
const total = (records: readonly AuditRecord[]) =>
  records.reduce((sum, { count }) => sum + count, 0);

describe("refusals", () => {
  test("the first refusal of a kind is written at once, its repeats as one sum after a second", () => {
    const meter = new RefusalMeter();
    assert.equal(meter.note(refusal(0)).length, 1);
    assert.equal(meter.note(refusal(1)).length, 0);
    assert.equal(meter.note(refusal(2)).length, 0);
    assert.equal(meter.hasSums, true);
    const next = meter.note(refusal(SECOND));
    assert.deepEqual(
      next.map(({ at, count }) => [at, count]),
      [
        [1, 2],
        [SECOND, 1],
      ],
    );
  });

  test("refusals of different kinds are counted separately", () => {
    const meter = new RefusalMeter();
    assert.equal(meter.note(refusal(0)).length, 1);
    assert.equal(meter.note(refusal(0, { source: "192.0.2.9" })).length, 1);
    assert.equal(meter.note(refusal(0, { reason: "unknown-key" })).length, 1);
  });

  test("any number of refusals is counted, in a few hundred records a second", () => {
    const meter = new RefusalMeter();
    const written: AuditRecord[] = [];
    for (let i = 0; i < 10_000; i++) {
      written.push(...meter.note(refusal(1, { source: `192.0.2.${i}` })));
    }
    written.push(...meter.close(undefined));
    assert.equal(total(written), 10_000);
    assert.ok(written.length <= 201, String(written.length));
  });
});
