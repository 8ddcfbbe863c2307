// Warns when the event loop stood still.
import type { Logger } from "pino";

const BEAT_MS = 500;
/**
 * The longest time that the event loop may block without a warning, in ms. Answers and timers are late by this time.
 */
export const BLOCKED_MS = 1_000;

export interface EventLoopWatch {
  stop(): void;
}

/**
 * Warns if the event loop was blocked for more than a second: a long function ran, or the process was stopped (SIGSTOP,
 * a paused machine). Leases and deadlines that passed meanwhile are handled afterwards.
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
