const EAST_8_MS = 8 * 3_600_000;

/** ACK writes times like this: `2020-11-10T16:02:04+08:00`. */
export function beijingTime(ms: number): string {
  return `${new Date(ms + EAST_8_MS).toISOString().slice(0, 19)}+08:00`;
}

/** Lingjun writes times like this: `2022-10-09T00:46:03Z`. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The creation time of all resources of the demonstration world: 2025-06-01T00:00:00Z. */
export const WORLD_BEGAN_MS = 1_748_736_000_000;
