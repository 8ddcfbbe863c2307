// Warns when the event loop stood still.
import type { Logger } from "pino";

const BEAT_MS = 500;
/** The event loop may stand still for so many ms before that is worth a warning: answers and timers are late by it. */
export const BLOCKED_MS = 1_000;

export interface EventLoopWatch {
  stop(): void;
}

/**
 * Warns when the event loop did not turn for more than a second: something long ran in it, or the process was stopped
 * (SIGSTOP, a paused machine). Leases and deadlines that ran out meanwhile are dealt with after it, by their clocks.
 */
export function watchEventLoop(
  log: Pick<Logger, "warn">,
  now: () => number = () => performance.now(),
): EventLoopWatch {
  let last = now();
  const timer = setInterval(() => {
    const at = now();
    const stalledMs = Math.round(at - last - BEAT_MS);
    last = at;
    if (stalledMs <= BLOCKED_MS) return;
    log.warn(
      { stalledMs },
      "the process stood still: look for long synchronous work in steps, too little CPU, or a machine that was paused",
    );
  }, BEAT_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
