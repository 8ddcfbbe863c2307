import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  cutShort,
  DamageBench,
  type Damaging,
  type Finding,
  flipBit,
  seeded,
  tearPage,
  type Verdict,
} from "./damage-bench.ts";

// More by hand, with the figures: npm run damage -- --flips 500

const random = seeded(Number(process.env["DAMAGE_SEED"] ?? 1));

async function many(bench: DamageBench, file: string, how: Damaging, times: number) {
  const findings: Finding[] = [];
  for (let i = 0; i < times; i++) findings.push(await bench.damage(file, how, random));
  return findings;
}

function none(findings: readonly Finding[], ...verdicts: readonly Verdict[]): void {
  for (const { verdict, what, wrong } of findings) {
    assert.ok(!verdicts.includes(verdict), `${what} is ${verdict}: ${wrong.join()}`);
  }
}

describe("damage to a directory at rest", () => {
  const bench = new DamageBench();
  before(() => bench.fill(60, false));
  after(() => bench.end());

  test("none is none", async () => {
    const same: Damaging = (bytes) => ({ bytes, what: "nothing" });
    for (const { verdict, foundByBackup } of await many(bench, "taskscribe.db", same, 1)) {
      assert.deepEqual([verdict, foundByBackup], ["harmless", false]);
    }
  });

  test("a flipped bit is refused with a message or changes nothing, and a backup finds what is left out", async () => {
    const findings = await many(bench, "taskscribe.db", flipBit, 120);
    none(findings, "served wrong");
    for (const { verdict, what, foundByBackup } of findings) {
      assert.ok(verdict === "harmless" || verdict === "left out" || foundByBackup, what);
      assert.ok(verdict !== "left out" || foundByBackup, `${what}: no backup is made of it`);
    }
    assert.ok(
      findings.some(({ verdict, refused }) => refused && verdict !== "refused at the start"),
    );
  });

  test("a torn page is refused with a message or changes nothing", async () => {
    const findings = await many(bench, "taskscribe.db", tearPage, 20);
    none(findings, "served wrong");
    for (const { verdict, what, foundByBackup } of findings) {
      assert.ok(verdict === "harmless" || foundByBackup, what);
    }
  });

  test("a file that is cut short is refused at the start", async () => {
    for (const { verdict, what } of await many(bench, "taskscribe.db", cutShort, 10)) {
      assert.equal(verdict, "refused at the start", what);
    }
  });

  test("a line of the archive that changed is refused where it is read", async () => {
    for (const how of [flipBit, tearPage, cutShort]) {
      const findings = await many(bench, "archive-000001.jsonl", how, 8);
      none(findings, "served wrong", "left out", "refused at the start");
      assert.ok(findings.some(({ verdict }) => verdict === "refused where it is read"));
    }
  });
});

describe("damage to the write-ahead log of a directory that was not closed", () => {
  const bench = new DamageBench();
  before(() => bench.fill(60, true));
  after(() => bench.end());

  test("none is none: what was told is read from the log", async () => {
    const same: Damaging = (bytes) => ({ bytes, what: "nothing" });
    for (const { verdict } of await many(bench, "taskscribe.db-wal", same, 1)) {
      assert.equal(verdict, "harmless");
    }
  });

  test("to its index is harmless, because a start makes it again", async () => {
    for (const how of [flipBit, tearPage, cutShort]) {
      for (const { verdict, what } of await many(bench, "taskscribe.db-shm", how, 8)) {
        assert.equal(verdict, "harmless", what);
      }
    }
  });

  test("before its end the start refuses it, and no commit is dropped without a message", async () => {
    const flipped = await many(bench, "taskscribe.db-wal", flipBit, 12);
    for (const { verdict, what } of flipped) assert.equal(verdict, "refused at the start", what);
    const torn = await many(bench, "taskscribe.db-wal", tearPage, 12);
    none(torn, "served wrong", "left out", "refused where it is read"); // zeroes on zeroes are harmless
  });

  test("if it ends early, as after a power cut, the rest is complete", async () => {
    for (const { verdict, what, foundByBackup } of await many(
      bench,
      "taskscribe.db-wal",
      cutShort,
      20,
    )) {
      assert.ok(["harmless", "left out", "served wrong"].includes(verdict), what);
      assert.equal(foundByBackup, false, `${what}: every log folds to its row`);
    }
  });
});
