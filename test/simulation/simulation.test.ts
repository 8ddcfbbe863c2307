import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import type { Tested } from "./many.ts";
import { runSeeds } from "./many.ts";
import { MUTATIONS, type Mutation } from "./mutations.ts";
import { SEEDED_FAULTS, type SeededFault } from "./seeded-faults.ts";
import { simulate } from "./simulate.ts";

/** A few seeds for every run of the tests. .ci/run uses 2,000 (see README.md). */
const SEEDS = 200;
const SELF_TEST_SEEDS = 500;

/** Each of these happens many times in this number of seeds. One that never happens would prove nothing. */
const FAULTS = [
  "killed",
  "killed at before-commit",
  "killed at after-commit-before-answer",
  "killed between related tasks",
  "stop",
  "the clock is set ",
  "late CompleteStep",
  "late write",
  "a commit is refused",
  "a commit is told as failed",
  "a read fails",
  "a restore",
  "calls without an answer",
  "calls answered with 503",
  "handlers that did not",
  "tasks archived",
  "tasks imported",
  "entries told to streams",
  "entries told to webhooks",
];

const seedsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index);

describe("simulation", () => {
  it("finds everything as promised, in seeds that once failed and in others", async () => {
    const text = readFileSync(new URL("./regressions.json", import.meta.url), "utf8");
    const known = (JSON.parse(text) as { seed: number }[]).map(({ seed }) => seed);
    const { failed, tally } = await runSeeds([...known, ...seedsFrom(1, SEEDS)], 2);
    assert.deepEqual(failed, []);
    for (const fault of FAULTS) assert.ok((tally[fault] ?? 0) > 0, `"${fault}" never happened`);
  });

  it("does the same for the same seed, here and in a fresh thread", async () => {
    for (const seed of [3, 14, 159]) {
      const [once, again] = [await simulate(seed), await simulate(seed)];
      assert.equal(once.digest, again.digest);
      assert.equal(once.digest, await digestElsewhere(seed));
    }
    assert.notEqual((await simulate(1)).digest, (await simulate(2)).digest);
  });
});

function digestElsewhere(seed: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    worker.on("error", reject);
    worker.on(
      "message",
      ({ digest }: Tested) => void worker.terminate().then(() => resolve(digest)),
    );
    worker.postMessage(seed);
  });
}

describe(`the checker catches, within ${SELF_TEST_SEEDS} seeds, that`, () => {
  for (const [name, mutation] of Object.entries(MUTATIONS)) {
    it(name, async (t) => {
      const caught = await firstCaught(mutation);
      assert.ok(caught !== undefined, `${SELF_TEST_SEEDS} seeds show nothing of it`);
      t.diagnostic(`seed ${caught.seed}: ${caught.violation}`);
    });
  }
});

describe(`the simulation finds again, within ${SELF_TEST_SEEDS} seeds, that`, () => {
  for (const [name, fault] of Object.entries(SEEDED_FAULTS)) {
    it(name, async (t) => {
      const shown = await firstShown(fault);
      assert.ok(shown !== undefined, `${SELF_TEST_SEEDS} seeds show nothing of it`);
      t.diagnostic(`seed ${shown.seed}: ${shown.violation}`);
    });
  }
});

interface Shown {
  readonly seed: number;
  readonly violation: string;
}

/** In a thread of its own, which loads the source with the fault in it. */
async function firstShown(fault: SeededFault): Promise<Shown | undefined> {
  const workerData = { fault, seeds: SELF_TEST_SEEDS };
  const worker = new Worker(new URL("./seeded-worker.ts", import.meta.url), { workerData });
  const [shown] = (await once(worker, "message")) as [Shown | undefined];
  await worker.terminate();
  return shown;
}

/** A run that breaks down shows something too, but what the checker says is what is tested here. */
async function firstCaught(mutation: Mutation) {
  for (const seed of seedsFrom(1, SELF_TEST_SEEDS)) {
    const run = await simulate(seed, mutation).catch(() => undefined);
    const violation = run?.violations[0];
    if (violation !== undefined) return { seed, violation };
  }
  return undefined;
}
