import { BASE36, HEX, randomChars, sortableNumber } from "../id-parts.ts";

/** `task-` + 29 hex digits, which begin with the milliseconds since 1970. */
export function newTaskId(now: number, random: () => number): string {
  return `task-${sortableNumber(now, HEX, 12)}${randomChars(HEX, 17, random)}`;
}

/** An id as the product makes it: `prefix` + 20 of [0-9a-z]. */
export function newResourceId(prefix: string, random: () => number): string {
  return `${prefix}${randomChars(BASE36, 20, random)}`;
}
