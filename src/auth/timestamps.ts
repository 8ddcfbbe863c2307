/** The largest difference between the date of a request and the clock of the server, which is still accepted (docs: "15 minutes"). */
export const CLOCK_SKEW_MS = 15 * 60 * 1000;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** Requests of one second have the same text, so the last result is kept. */
function remembered(parse: (text: string) => number): (text: string) => number {
  let lastText = "";
  let lastMs = Number.NaN;
  return (text) => {
    if (text !== lastText) {
      lastMs = parse(text);
      lastText = text;
    }
    return lastMs;
  };
}

/** Reads `2026-01-02T03:04:05Z`, the only form of x-acs-date and Timestamp (AUTH.md 1.3). NaN for any other text. */
export const parseUtcSeconds = remembered((text) => {
  if (text.length !== 20 || text[4] !== "-" || text[7] !== "-" || text[10] !== "T")
    return Number.NaN;
  if (text[19] !== "Z") return Number.NaN;
  return utcMs(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2), timeOfDay(text, 11));
});

/** Reads `Fri, 02 Jan 2026 03:04:05 GMT` (RFC 1123), the Date header of ROA v1. NaN for any other text. */
export const parseHttpDate = remembered((text) => {
  if (text.length !== 29 || !DAYS.includes(text.slice(0, 3))) return Number.NaN;
  if (text.slice(3, 5) !== ", " || text[7] !== " " || text[11] !== " " || text[16] !== " ")
    return Number.NaN;
  if (text.slice(25) !== " GMT") return Number.NaN;
  const month = MONTHS.indexOf(text.slice(8, 11));
  if (month < 0 || month % 3 !== 0) return Number.NaN;
  return utcMs(digits(text, 12, 4), month / 3 + 1, digits(text, 5, 2), timeOfDay(text, 17));
});

/** A number with exactly `count` decimal digits, or NaN. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Milliseconds since midnight of `hh:mm:ss`, or NaN. */
function timeOfDay(text: string, at: number): number {
  const [hour, minute, second] = [
    digits(text, at, 2),
    digits(text, at + 3, 2),
    digits(text, at + 6, 2),
  ];
  if (text[at + 2] !== ":" || text[at + 5] !== ":") return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

function utcMs(year: number, month: number, day: number, ofDayMs: number): number {
  const midnight = Date.UTC(year, month - 1, day);
  // Date.UTC turns 30 February into a day of March. Such a date is refused.
  const sameDay = new Date(midnight).getUTCDate() === day && month >= 1 && month <= 12;
  return sameDay ? midnight + ofDayMs : Number.NaN;
}
