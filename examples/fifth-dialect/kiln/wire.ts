import { type Task, utcSeconds } from "../../../src/index.ts";
import { STATE_WORDS } from "./dialect.ts";

/** The answer of DescribeFiring. The request id comes first and is filled in later. */
export function describeFiring(task: Task) {
  const { id, target, state, progress, createdAt, startedAt = createdAt, error } = task;
  return {
    RequestId: "",
    Firing: {
      FiringId: id,
      KilnId: target.id,
      Phase: STATE_WORDS[state],
      Percent: Math.floor(progress / 100),
      StartedAt: utcSeconds(startedAt),
      ...(error && { Why: { Code: error.code, Text: error.message } }),
    },
  };
}
