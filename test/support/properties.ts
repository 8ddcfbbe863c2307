// fast-check, with the same cases in every run of the same code: a red run is the work of a change, never of the dice.
// TASKSCRIBE_TEST_SEED=N draws others; TASKSCRIBE_TEST_SEED=random new ones each time (a failure prints its seed).
// TASKSCRIBE_TEST_SHRINK=no looks for no smaller case once one has failed, for who only asks whether one fails.
import fc from "fast-check";

const asked = process.env["TASKSCRIBE_TEST_SEED"] ?? "1";

/** What every random choice of a test starts from: a whole number below 2³¹. */
export const SEED = asked === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(asked);

if (!Number.isSafeInteger(SEED)) {
  throw new Error(`TASKSCRIBE_TEST_SEED is "${asked}": give a whole number, or "random".`);
}

fc.configureGlobal({ seed: SEED, endOnFailure: process.env["TASKSCRIBE_TEST_SHRINK"] === "no" });

export { fc };
