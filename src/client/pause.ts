/** Resolves after `ms`. @throws the reason of the signal as soon as it aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;

/** The delay before the next try. It doubles with each try (counted from 1). Half of it is random, so that clients do not retry together. */
export function backOffMs(tries: number): number {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(tries - 1, 10));
  return full / 2 + (Math.random() * full) / 2;
}
