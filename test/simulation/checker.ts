import { checkLog } from "./check-log.ts";
import { checkPush } from "./check-push.ts";
import { checkReads } from "./check-reads.ts";
import { checkRest } from "./check-rest.ts";
import { checkSteps } from "./check-steps.ts";
import type { History } from "./history.ts";
import { Past } from "./past.ts";

/** What in this history is not as promised (docs/reliability.md), in words; nothing if all is well. Pure. */
export function check(history: History): readonly string[] {
  const past = new Past(history.remains);
  return [
    ...past.violations,
    ...checkLog(history),
    ...checkReads(history, past),
    ...checkSteps(history, past),
    ...checkPush(history),
    ...checkRest(history),
  ];
}
