import type { Step, Task } from "../core/task.ts";

/** From so many deaths of the process on, a step that was running each time may be what killed it. */
const SUSPICIOUS = 5;
/** Between two tasks that are recovered one by one. */
const GAP_MS = 20;
/** All have had their turn by then. */
const LONGEST_MS = 5_000;

/**
 * In which order tasks that were under way are recovered after a start, and the pause between two (ms): none, usually.
 * But if the process died again and again, they come one by one, and what began last comes first: a step that kills its
 * process as it begins is then the only one that is counted, and the others outlive it. Pure.
 */
export function recoveryTurns(tasks: readonly Task[]): {
  readonly order: readonly Task[];
  readonly gapMs: number;
} {
  if (!tasks.some(({ steps }) => steps.some(isSuspicious))) return { order: tasks, gapMs: 0 };
  return {
    order: tasks.toSorted((a, b) => beganAt(b) - beganAt(a)),
    gapMs: Math.min(GAP_MS, LONGEST_MS / tasks.length),
  };
}

function isSuspicious({ crashes, undo }: Step): boolean {
  return (undo ?? { crashes }).crashes >= SUSPICIOUS;
}

function beganAt({ steps, updatedAt }: Task): number {
  const running = steps.filter(({ state }) => state === "running");
  return Math.max(0, ...running.map((step) => step.updatedAt ?? updatedAt));
}
