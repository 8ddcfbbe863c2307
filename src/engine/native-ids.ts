const BASE = 36;
const TIME_DIGITS = 9; // base 36: enough until the year 5188
const RANDOM_DIGITS = 11;

/** A new id of a task of the user's own types: `ts-`, the time, random digits. Ids sort by `now` (ms since the epoch). */
export function newNativeTaskId(now: number, random: () => number): string {
  let id = `ts-${Math.trunc(now).toString(BASE).padStart(TIME_DIGITS, "0")}`;
  for (let i = 0; i < RANDOM_DIGITS; i++) id += Math.floor(random() * BASE).toString(BASE);
  return id;
}
