// Notices that this process stood still, and says so.
import type { Logger } from "pino";

const BEAT_MS = 500;
/** A stand longer than this delays answers and timers enough to be told. */
export const STALL_MS = 1_000;

export interface StallWatch {
  stop(): void;
}

/**
 * Warns when the event loop did not turn for more than a second: something long ran in it, or the process was stopped
 * (SIGSTOP, a paused machine). Leases and deadlines that ran out meanwhile are dealt with after it, by their clocks.
 */
export function watchStalls(
  log: Pick<Logger, "warn">,
  now: () => number = () => performance.now(),
): StallWatch {
  let last = now();
  const timer = setInterval(() => {
    const at = now();
    const stalledMs = Math.round(at - last - BEAT_MS);
    last = at;
    if (stalledMs <= STALL_MS) return;
    log.warn(
      { stalledMs },
      "the process stood still: look for long synchronous work in steps, too little CPU, or a machine that was paused",
    );
  }, BEAT_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
