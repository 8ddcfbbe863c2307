const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The days from 1 March of the year 0 to 1970-01-01. */
const EPOCH_DAY = 719_468;
/** Longer texts say nothing that a ms keeps, and are not looked at. */
const LONGEST = 64;

/**
 * Reads a moment as RFC 3339 has it: `2026-01-02T03:04:05.678Z`, with `T` and `Z` in either case, or with an offset, which
 * is never left out. The day must exist, and the hour is at most 23. A leap second, `:60`, is there only where it can be:
 * at the end of a month in UTC. It counts as the second that follows, as in POSIX. Of a fraction the milliseconds are kept.
 * @returns ms since the epoch; undefined for any other text
 */
export function parseMoment(text: string): number | undefined {
  const found = text.length > LONGEST ? null : MOMENT.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as Parts;
  const offset = offsetOf(found[8], Number(found[9] ?? 0), Number(found[10] ?? 0));
  if (offset === undefined || month < 1 || month > 12) return undefined;
  if (day < 1 || day > lengthOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const ms = Number((found[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const ofDay = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
  const at = dayNumber(year, month, day) * DAY_MS + ofDay - offset;
  if (second === 60 && !isStartOfMonth(at, year, month)) return undefined;
  return at + ms;
}

/** As `parseMoment`, or a number of ms since the epoch. */
export function parseMomentOrMs(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : parseMoment(text);
}

/** What is expected of a text that is none. */
export const A_MOMENT = "a moment with an offset (RFC 3339), such as 2026-01-02T03:04:05Z";

type Parts = [number, number, number, number, number, number];

function lengthOf(year: number, month: number): number {
  return dayNumber(year, month + 1, 1) - dayNumber(year, month, 1);
}

/** Days since 1970-01-01 in the Gregorian calendar. A year is counted from March, so that 29 February is its last day. */
function dayNumber(year: number, month: number, day: number): number {
  const years = year - (month < 3 ? 1 : 0);
  const ofYear = quotient(153 * ((month + 9) % 12) + 2, 5) + day - 1;
  // The thirteenth month is the next year's January.
  const whole = month === 13 ? year : years;
  const leapDays = quotient(whole, 4) - quotient(whole, 100) + quotient(whole, 400);
  return whole * 365 + leapDays + ofYear - EPOCH_DAY;
}

/** The whole part of the division, rounded down: the year before the year 0 is -1. */
function quotient(value: number, by: number): number {
  return (value - (((value % by) + by) % by)) / by;
}

function offsetOf(sign: string | undefined, hours: number, minutes: number): number | undefined {
  if (sign === undefined) return 0;
  if (hours > 23 || minutes > 59) return undefined;
  const ms = hours * HOUR_MS + minutes * MINUTE_MS;
  return sign === "-" ? -ms : ms;
}

/** `month` is that of the place, so its own beginning or that of the next may be meant. */
function isStartOfMonth(at: number, year: number, month: number): boolean {
  return [month, month + 1].some((one) => dayNumber(year, one, 1) * DAY_MS === at);
}
