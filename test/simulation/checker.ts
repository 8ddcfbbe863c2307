import { checkImports } from "./check-imports.ts";
import { checkLog } from "./check-log.ts";
import { checkOnce } from "./check-once.ts";
import { checkPush } from "./check-push.ts";
import { checkReads } from "./check-reads.ts";
import { checkRest } from "./check-rest.ts";
import { checkSteps } from "./check-steps.ts";
import type { History } from "./history.ts";
import { Past } from "./past.ts";

/** A pure function. Lists what in this history breaks a promise of docs/reliability.md. Empty if nothing does. */
export function check(history: History): readonly string[] {
  const past = new Past(history.remains);
  return [
    ...past.violations,
    ...checkLog(history),
    ...checkReads(history, past),
    ...checkSteps(history, past),
    ...checkPush(history),
    ...checkRest(history),
    ...checkOnce(history),
    ...checkImports(history, past),
  ];
}
