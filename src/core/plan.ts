import { DomainError } from "./errors.ts";
import { type PlannedStep, PROGRESS_DONE, type Step } from "./task.ts";

/** The highest progress before success: only a succeeded task shows 10 000. */
const ALMOST_DONE = PROGRESS_DONE - 1;

/** The steps that may begin now: not begun, and everything they come after has succeeded. */
export function readySteps(steps: readonly Step[]): Step[] {
  const succeeded = new Set<string>();
  for (const step of steps) if (step.state === "succeeded") succeeded.add(step.name);
  return steps.filter(
    (step) => step.state === "waiting" && step.after.every((name) => succeeded.has(name)),
  );
}

/** Whether several steps follow this one (Lingjun calls such a step `dispersive`). */
export function hasSeveralSuccessors(steps: readonly PlannedStep[], name: string): boolean {
  return steps.filter((step) => step.after.includes(name)).length > 1;
}

/**
 * Checks that the steps form a DAG: unique names, known predecessors, no cycle, positive weights.
 * @throws DomainError `InvalidParameter` naming the first step that is wrong.
 */
export function checkPlan(steps: readonly PlannedStep[]): void {
  if (steps.length === 0)
    throw invalid("a task type has at least one step; none was given", "steps");
  const names = new Set<string>();
  for (const step of steps) {
    if (names.has(step.name)) throw invalid(`step "${step.name}" is there twice`, step.name);
    names.add(step.name);
    checkNumbers(step);
  }
  for (const step of steps) {
    for (const name of step.after) {
      if (!names.has(name)) {
        throw invalid(`step "${step.name}" comes after "${name}", which is no step`, step.name);
      }
    }
  }
  const circle = findCircle(steps);
  if (circle.length > 0) {
    const found = circle.join(", ");
    throw invalid(`steps ${found} wait for each other; their order must have no circle`, found);
  }
}

/** Infinity is refused too, because the store would return null for it. */
function checkNumbers({ name, weight, maxAttempts }: PlannedStep): void {
  if (!Number.isFinite(weight) || weight <= 0) {
    throw invalid(`step "${name}" has weight ${weight}; it must be a number above 0`, name);
  }
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw invalid(
      `step "${name}" has ${maxAttempts} attempts; give a whole number, at least 1`,
      name,
    );
  }
}

/** Steps of which each waits for the next, and the last for the first; empty if there are none. */
function findCircle(steps: readonly PlannedStep[]): readonly string[] {
  const left = new Map(steps.map((step) => [step.name, new Set(step.after)]));
  const followers = new Map<string, string[]>(steps.map((step) => [step.name, []]));
  for (const step of steps) {
    for (const name of new Set(step.after)) followers.get(name)?.push(step.name);
  }
  // Repeatedly removes steps that wait for none; the list grows while it is read.
  const free = steps.filter((step) => step.after.length === 0).map((step) => step.name);
  for (const name of free) {
    left.delete(name);
    for (const follower of followers.get(name) ?? []) {
      const waitsFor = left.get(follower);
      waitsFor?.delete(name);
      if (waitsFor?.size === 0) free.push(follower);
    }
  }
  // Each remaining step waits for a remaining one, so following them finds a circle.
  const walked = new Set<string>();
  let [name] = left.keys();
  while (name !== undefined && !walked.has(name)) {
    walked.add(name);
    [name] = left.get(name) ?? [];
  }
  const path = [...walked];
  return name === undefined ? [] : path.slice(path.indexOf(name));
}

function invalid(message: string, step: string): DomainError {
  return new DomainError("InvalidParameter", message, { parameter: "steps", found: step });
}

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
