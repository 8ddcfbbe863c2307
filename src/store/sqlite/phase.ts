import { FINAL_STATES, type FinalState, isFinal, type TaskState } from "../../core/task.ts";

/**
 * What the `phase` column holds: a final state, or "open" for all others. It changes once in a task's life, so an
 * index that holds it instead of the state is written less often.
 */
export type Phase = "open" | FinalState;

export const PHASES: readonly Phase[] = ["open", ...FINAL_STATES];

export function phaseOf(state: TaskState): Phase {
  return isFinal(state) ? state : "open";
}
