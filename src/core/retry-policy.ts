export interface RetryPolicy {
  /** Attempts in all, the first included; >= 1. */
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  /** Each delay is this many times the one before. */
  readonly factor: number;
  readonly maxDelayMs: number;
  /** The random share of the delay, 0 to 1: it spreads out retries that began together. */
  readonly jitter: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 5,
  firstDelayMs: 1_000,
  factor: 2,
  maxDelayMs: 60_000,
  jitter: 0.2,
};

/**
 * The pause before the attempt that follows the `failures`th failed one (1 = the first), in whole ms. Attempts that
 * ended with their process are not counted, because they do not show that the step failed.
 * Jitter only shortens, so `maxDelayMs` holds. `random01` is in [0, 1).
 */
export function retryDelayMs(policy: RetryPolicy, failures: number, random01: number): number {
  if (policy.firstDelayMs === 0) return 0; // not `0 * Infinity`, after a thousand failures
  const grown = policy.firstDelayMs * policy.factor ** (failures - 1);
  const delay = grown < policy.maxDelayMs ? grown : policy.maxDelayMs;
  const shortened = delay * (1 - policy.jitter * random01);
  return shortened - (shortened % 1);
}
