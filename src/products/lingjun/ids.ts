import { BASE36, DIGITS, HEX, randomChars, sortableNumber } from "../id-parts.ts";

const MINUTE_MS = 60_000;

/**
 * `i` + 8 digits + 13 digits of milliseconds since 1970, as on the real service. There the 8 digits look random. Here they are
 * the minutes since 1970, so that ids sort by time. This allows one id for each millisecond. The engine gives a second task
 * the next millisecond, so ids are unique.
 */
export function newTaskId(now: number): string {
  return `i${sortableNumber(now / MINUTE_MS, DIGITS, 8)}${sortableNumber(now, DIGITS, 13)}`;
}

/** The same form with 8 random digits, because two clusters may be created in one millisecond. */
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
