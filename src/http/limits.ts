import { DEFAULT_BUDGETS } from "../budgets.ts";

const { bodyBytes, readBodyBytes, headerBytes, connections } = DEFAULT_BUDGETS;

/** The limits for one client's requests and connections. Sizes are in bytes, times in ms. */
export const HTTP_LIMITS = {
  bodyBytes,
  /** The body of an operation that starts nothing and changes nothing but one task. */
  readBodyBytes,
  /** Request line and headers together. */
  headerBytes,
  /** From the first byte of a request to its last. */
  requestMs: 30_000,
  headersMs: 15_000,
  /** How often the two above are checked. */
  checkMs: 5_000,
  /** Longer than every official client's polling interval (2 to 20 s), so that a poller keeps its connection. */
  keepAliveMs: 75_000,
  /** A TLS handshake, from the first byte to the last. */
  handshakeMs: 10_000,
  /** How long a stop waits for answers that are still to be made. */
  closeMs: 10_000,
  /** How long it waits after the last answer for clients that do not read theirs, or have sent a part of a request. */
  lingerMs: 2_500,
  connections,
} as const;
