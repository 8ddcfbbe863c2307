import { BASE36, HEX, randomChars, sortableNumber } from "../id-parts.ts";

/** `T-` + 24 hex digits: 8 for the seconds, as in the vendor's example (`T-5faa48fb…`), 3 for the milliseconds, 13 random. */
export function newTaskId(now: number, random: () => number): string {
  const seconds = sortableNumber(now / 1_000, HEX, 8);
  const ms = sortableNumber(now % 1_000, HEX, 3);
  return `T-${seconds}${ms}${randomChars(HEX, 13, random)}`;
}

export function newClusterId(random: () => number): string {
  return `c${randomChars(HEX, 32, random)}`;
}

export function newNodePoolId(random: () => number): string {
  return `np${randomChars(HEX, 32, random)}`;
}

export function newInstanceId(random: () => number): string {
  return `i-${randomChars(BASE36, 20, random)}`;
}
