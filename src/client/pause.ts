/** Resolves after a while. @throws the signal's reason, at once. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const callOff = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", callOff);
      resolve();
    }, ms);
    signal?.addEventListener("abort", callOff, { once: true });
  });
}

const FIRST_MS = 100;
const MOST_MS = 5_000;

/** How long to wait before the next try, counted from 1: doubled each time, spread by half so that clients part. */
export function backOffMs(tries: number): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 10));
  return full / 2 + (Math.random() * full) / 2;
}
