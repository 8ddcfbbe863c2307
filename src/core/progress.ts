import { PROGRESS_DONE, type Step } from "./task.ts";

/** The highest progress before success: only a succeeded task shows 10 000. */
const ALMOST_DONE = PROGRESS_DONE - 1;

/** The weighted mean of the steps, as an integer, at most 9 999. */
export function weightedProgress(steps: readonly Step[]): number {
  let total = 0;
  let done = 0;
  for (const step of steps) {
    total += step.weight;
    done += step.weight * (step.state === "succeeded" ? PROGRESS_DONE : step.progress);
  }
  return total === 0 ? 0 : clampProgress(done / total);
}

/** A whole number from 0 to 9 999, whatever a handler reports; 0 for what JSON cannot keep, such as `done / 0`. */
export function clampProgress(value: number): number {
  if (!(value > 0 && Number.isFinite(value))) return 0;
  return value >= ALMOST_DONE ? ALMOST_DONE : value - (value % 1);
}
