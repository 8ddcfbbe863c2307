/** Moments (ms since the epoch) in the formats of the four products. */

const CHINA_OFFSET_MS = 8 * 60 * 60 * 1000;

/** `2020-11-10T16:02:04+08:00` */
export function chinaTime(ms: number): string {
  return `${shifted(ms).slice(0, 19)}+08:00`;
}

/** `2022-12-15 23:00:00`, in China's time */
export function chinaTimeWithoutZone(ms: number): string {
  return shifted(ms).slice(0, 19).replace("T", " ");
}

/** `2022-11-30T02:20:14.852Z` */
export function utcMillis(ms: number): string {
  return isoTime(ms);
}

/** `2022-10-09T00:46:03Z` */
export function utcSeconds(ms: number): string {
  return `${isoTime(ms).slice(0, 19)}Z`;
}

/** `1724983927`, a number */
export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function shifted(ms: number): string {
  return isoTime(ms + CHINA_OFFSET_MS);
}

const DAY_MS = 24 * 60 * 60 * 1000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));
const THREE_DIGITS = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0"));
/** The last used day, because most moments of a list are on the same day. */
let known = { day: Number.NaN, text: "" };

/** The result of `Date.toISOString`, in a fifth of the time. This saves a tenth of a list of tasks. */
function isoTime(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  if (day !== known.day || !Number.isInteger(ms)) {
    const whole = new Date(ms).toISOString();
    if (!Number.isInteger(ms)) return whole;
    known = { day, text: whole.slice(0, -13) };
  }
  const rest = ms - day * DAY_MS;
  const seconds = Math.floor(rest / 1000);
  const minutes = Math.floor(seconds / 60);
  const time = `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}`;
  return `${known.text}${time}.${THREE_DIGITS[rest % 1000]}Z`;
}
