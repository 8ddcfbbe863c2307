import type { RunnableStep } from "../../core/task-type.ts";
import type { ExecutorHost } from "../executor.ts";
import type { StepRun } from "./step-run.ts";

/** An attempt is given up after this many missed heartbeats. */
const MISSED_HEARTBEATS = 3;

/** The reason an attempt is given up for; the step is tried again if it has attempts left. */
export class GivenUp extends Error {
  readonly code: "StepTimeout" | "StepSilent";

  constructor(code: GivenUp["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Gives up an attempt that takes longer than `timeoutMs`, or has missed its heartbeats. Does not wait for a handler
 * that ignores its signal. The returned function ends the watch.
 */
export function watch(
  run: StepRun,
  { timeoutMs, heartbeatMs }: RunnableStep,
  clock: ExecutorHost["clock"],
  giveUp: (error: GivenUp) => void,
): () => void {
  const attempt = `attempt ${run.attempt} of step "${run.step}"`;
  const stops: (() => void)[] = [];
  if (timeoutMs !== undefined) {
    const message = `${attempt} took longer than ${timeoutMs} ms`;
    const late = () => giveUp(new GivenUp("StepTimeout", message));
    stops.push(clock.after(timeoutMs, late));
  }
  if (heartbeatMs !== undefined) {
    const limit = heartbeatMs * MISSED_HEARTBEATS;
    const message = `${attempt} gave no sign for ${limit} ms`;
    let stop = () => {};
    const listen = () => {
      if (run.isWaiting) run.sign();
      const left = run.signedAt + limit - clock.monotonic();
      if (left <= 0) giveUp(new GivenUp("StepSilent", message));
      else stop = clock.after(left, listen);
    };
    listen();
    stops.push(() => stop());
  }
  return () => {
    for (const stop of stops) stop();
  };
}
