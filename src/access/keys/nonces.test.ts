import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { NonceSet } from "./nonce-set.ts";
import { Nonces } from "./nonces.ts";

const MINUTE = 60_000;
const NOW = 1_700_000_000_000;
const LATER = NOW + 15 * MINUTE;

describe("nonces", () => {
  test("are new once for each access key", () => {
    const nonces = new Nonces();
    assert.equal(nonces.claim("k1", "n", LATER, "reads"), "new");
    assert.equal(nonces.claim("k1", "n", LATER, "reads"), "used");
    assert.equal(nonces.claim("k1", "n", LATER, "changes"), "used");
    assert.equal(nonces.claim("k2", "n", LATER, "reads"), "new");
  });

  test("are known as long as the date of their request is valid", () => {
    const nonces = new Nonces();
    nonces.claim("k1", "n", LATER, "reads");
    nonces.expire(LATER);
    assert.equal(nonces.claim("k1", "n", LATER, "reads"), "used");
    nonces.expire(LATER + 6 * MINUTE);
    assert.equal(nonces.size, 0);
  });

  test("are known again after they were stored and restored", () => {
    const before = new Nonces();
    for (let i = 0; i < 3_000; i++) before.claim("k1", `n${i}`, LATER, i % 2 ? "reads" : "changes");
    const batches = before.takePending();
    assert.equal(before.hasPending, false);
    const after = new Nonces();
    after.restore(batches);
    assert.equal(after.size, 3_000);
    for (let i = 0; i < 3_000; i++)
      assert.equal(after.claim("k1", `n${i}`, LATER, "reads"), "used");
  });

  test("are pending again if they could not be stored", () => {
    const nonces = new Nonces();
    nonces.claim("k1", "n", LATER, "changes");
    const taken = nonces.takePending();
    nonces.putBack(taken);
    assert.deepEqual(nonces.takePending(), taken);
  });

  test("of reads are forgotten from the oldest on when there are too many; changes are refused", () => {
    const nonces = new Nonces({ reads: 10, changes: 10 });
    for (let i = 0; i < 10; i++) nonces.claim("k1", `old${i}`, LATER, "reads");
    assert.equal(nonces.claim("k1", "young", LATER + 10 * MINUTE, "reads"), "new");
    assert.equal(nonces.forgotten, 1);
    assert.equal(nonces.size, 1);
    for (let i = 0; i < 10; i++) nonces.claim("k1", `change${i}`, LATER, "changes");
    assert.equal(nonces.claim("k1", "one more", LATER, "changes"), "full");
    assert.equal(nonces.claim("k1", "change0", LATER, "changes"), "used");
  });

  test("take a few bytes each", () => {
    const nonces = new Nonces();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 250_000; i++) {
      nonces.claim("k1", String(i), LATER, "reads");
      if (i % 1_000 === 0) nonces.takePending();
    }
    const taken = process.memoryUsage().arrayBuffers - before;
    // 4 MB in the table, and as much again in tables that it grew out of.
    assert.ok(taken < 10e6, `${taken} bytes`);
  });
});

test("a set of hashes behaves like a set", () => {
  const hash = fc.record({ high: fc.nat(3), low: fc.nat(3_000) });
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 3_000 }), (hashes) => {
      const set = new NonceSet();
      const model = new Set<string>();
      for (const one of hashes) {
        if (one.high === 0 && one.low === 0) continue;
        const name = `${one.high}/${one.low}`;
        assert.equal(set.has(one), model.has(name));
        if (!model.has(name)) set.add(one, NOW);
        model.add(name);
      }
      assert.equal(set.size, model.size);
    }),
    { numRuns: 50 },
  );
});
