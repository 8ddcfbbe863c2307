import { BASE36, DIGITS, HEX, randomChars, sortableNumber } from "../id-parts.ts";

const MINUTE_MS = 60_000;

/**
 * `i` + 8 digits + 13 digits of epoch ms, as the real service's. Its 8 digits look like chance; ours are the minutes
 * since 1970, so that ids sort by time. That leaves one id for each ms: the engine, which takes the following ms for a
 * second task, makes them unique.
 */
export function newTaskId(now: number): string {
  return `i${sortableNumber(now / MINUTE_MS, DIGITS, 8)}${sortableNumber(now, DIGITS, 13)}`;
}

/** The same grammar, with chance in front: two clusters may be made in one ms. */
export function newClusterId(now: number, random: () => number): string {
  return `i${randomChars(DIGITS, 8, random)}${sortableNumber(now, DIGITS, 13)}`;
}

/** `ng-` + 16 hex, e.g. `ng-ec3c96ff0aa4c60d`. */
export function newNodeGroupId(random: () => number): string {
  return `ng-${randomChars(HEX, 16, random)}`;
}

/** `e01-cn-` + 11 of [0-9a-z], e.g. `e01-cn-zvp2tgykr08`. */
export function newNodeId(random: () => number): string {
  return `e01-cn-${randomChars(BASE36, 11, random)}`;
}
