import { BASE36, randomChars, sortableNumber } from "../id-parts.ts";

/** `t-` + 20 of [0-9a-z], which begin with the milliseconds since 1970, e.g. `t-0000e4w0u1v592zdf6s7`. */
export function newTaskId(now: number, random: () => number): string {
  return `t-${sortableNumber(now, BASE36, 9)}${randomChars(BASE36, 11, random)}`;
}
