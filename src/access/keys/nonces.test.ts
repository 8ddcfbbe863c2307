import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { NonceSet } from "./nonce-set.ts";
import { type NonceLimits, Nonces } from "./nonces.ts";

const MINUTE = 60_000;
const NOW = 1_700_000_000_000;
const LATER = NOW + 15 * MINUTE;

type Kind = "reads" | "changes";

/** Uses a nonce of an account's key `k1`, as a call does: it is looked up first and taken later. */
function use(nonces: Nonces, account: string, nonce: string, kind: Kind, keptUntil = LATER) {
  const unused = nonces.look(account, "k1", nonce, keptUntil);
  return unused === undefined ? "used" : nonces.take(unused, kind);
}

function room(reads: number, changes: number): NonceLimits {
  return { total: { reads, changes }, floor: { reads: 10, changes: 10 } };
}

describe("nonces", () => {
  test("are new once for each access key", () => {
    const nonces = new Nonces();
    assert.equal(use(nonces, "a", "n", "reads"), "new");
    assert.equal(use(nonces, "a", "n", "reads"), "used");
    assert.equal(use(nonces, "a", "n", "changes"), "used");
    const another = nonces.look("a", "k2", "n", LATER);
    assert.ok(another);
    assert.equal(nonces.take(another, "reads"), "new");
  });

  test("that two calls look up at once are taken by one of them", () => {
    const nonces = new Nonces();
    const both = [nonces.look("a", "k1", "n", LATER), nonces.look("a", "k1", "n", LATER)];
    assert.deepEqual(
      both.map((one) => one && nonces.take(one, "changes")),
      ["new", "used"],
    );
  });

  test("that are only looked up are not used", () => {
    const nonces = new Nonces();
    nonces.look("a", "k1", "n", LATER);
    assert.equal(nonces.size, 0);
    assert.equal(use(nonces, "a", "n", "changes"), "new");
  });

  test("are known as long as the date of their request is valid", () => {
    const nonces = new Nonces();
    use(nonces, "a", "n", "reads");
    nonces.expire(LATER);
    assert.equal(use(nonces, "a", "n", "reads"), "used");
    nonces.expire(LATER + 6 * MINUTE);
    assert.equal(nonces.size, 0);
    assert.equal(nonces.sizeOf("a"), 0);
  });

  test("are known again after they were stored and restored, and count for their accounts", () => {
    const before = new Nonces();
    const kindOf = (i: number) => (i % 2 ? "reads" : "changes");
    for (let i = 0; i < 3_000; i++) use(before, `a${i % 3}`, `n${i}`, kindOf(i));
    const batches = before.takePending();
    assert.equal(batches.length, 1);
    assert.equal(before.hasPending, false);
    const after = new Nonces();
    after.restore(batches);
    assert.equal(after.size, 3_000);
    assert.equal(after.sizeOf("a1"), 1_000);
    for (let i = 0; i < 3_000; i++) assert.equal(use(after, `a${i % 3}`, `n${i}`, "reads"), "used");
  });

  test("that an older version stored, without their accounts, are used for every account", () => {
    const account = "a";
    const [batch] = storedBy(account, "n");
    const [[, , hashes]] = JSON.parse(batch?.hashes ?? "") as [[string, string, string]];
    const nonces = new Nonces();
    nonces.restore([{ keptUntil: LATER, hashes: `c${hashes}` }]);
    assert.equal(use(nonces, account, "n", "changes"), "used");
    nonces.expire(LATER + 6 * MINUTE);
    assert.equal(nonces.size, 0);
  });

  test("are pending again if they could not be stored", () => {
    const nonces = new Nonces();
    use(nonces, "a", "n", "changes");
    const taken = nonces.takePending();
    nonces.putBack(taken);
    assert.deepEqual(nonces.takePending(), taken);
  });

  test("row 8: an account that fills its share waits; the others are let in and nothing of theirs is forgotten", () => {
    const nonces = new Nonces(room(3_000, 3_000));
    for (const kind of ["reads", "changes"] as const) {
      assert.equal(use(nonces, "quiet", `first ${kind}`, kind), "new");
      let taken = 0;
      while (use(nonces, "greedy", `${kind} ${taken}`, kind) === "new") taken++;
      assert.ok(taken > 1_900 && taken < 2_100, `${taken} ${kind}`);
      assert.equal(use(nonces, "greedy", `${kind} 0`, kind), "used");
      assert.equal(use(nonces, "quiet", `first ${kind}`, kind), "used");
      for (let i = 0; i < 500; i++) assert.equal(use(nonces, "quiet", `${kind} ${i}`, kind), "new");
    }
    nonces.expire(LATER + 6 * MINUTE);
    assert.equal(use(nonces, "greedy", "later", "changes", LATER + 30 * MINUTE), "new");
  });

  test("row 8: a hundred greedy accounts together stay below the total and leave each its floor", () => {
    const nonces = new Nonces(room(3_000, 3_000));
    for (let a = 0; a < 100; a++) {
      let i = 0;
      while (use(nonces, `greedy ${a}`, `n ${i}`, "changes") === "new") i++;
      assert.ok(i >= 10, `account ${a} has ${i}`);
    }
    assert.ok(nonces.size <= 3_000 + 100 * 10, `${nonces.size}`);
    for (let i = 0; i < 10; i++) assert.equal(use(nonces, "late", `n ${i}`, "changes"), "new");
  });

  test("row 8: a flood of reads leaves the account's own changes alone", () => {
    const nonces = new Nonces(room(300, 300));
    for (let i = 0; use(nonces, "a", `n ${i}`, "reads") === "new"; i++);
    assert.equal(use(nonces, "a", "change", "changes"), "new");
  });

  test("take a few bytes each", () => {
    const nonces = new Nonces();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 250_000; i++) {
      use(nonces, "a", String(i), "reads");
      if (i % 1_000 === 0) nonces.takePending();
    }
    const taken = process.memoryUsage().arrayBuffers - before;
    // 4 MB in the table, and as much again in tables that it grew out of.
    assert.ok(taken < 10e6, `${taken} bytes`);
  });
});

function storedBy(account: string, nonce: string) {
  const nonces = new Nonces();
  use(nonces, account, nonce, "changes");
  return nonces.takePending();
}

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
