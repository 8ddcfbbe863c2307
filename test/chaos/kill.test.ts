import assert from "node:assert/strict";
import { test } from "node:test";
import { killRounds } from "./kill-rounds.ts";

// More rounds by hand: npm run chaos -- --rounds 100
const ROUNDS = 20;

test(`${ROUNDS} kills under 1,000 running tasks lose nothing and repeat no recorded step`, async () => {
  const { tasks, attempts, lost, repeated } = await killRounds(ROUNDS);
  assert.ok(tasks >= 1_000 && attempts >= 4 * tasks);
  assert.deepEqual([lost, repeated], [0, 0]);
});
