import { invalidParameter } from "./check-value.ts";

const EXPECTED = "ms since the epoch, or a moment such as 2026-01-02T03:04:05Z";

/** @throws DomainError `InvalidParameter` naming `parameter`. */
export function readMoment(parameter: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  // A plus sign that was not escaped arrives as a blank.
  const whole = text.replace(" ", "+");
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(whole) ? Date.parse(whole) : Number.NaN;
  if (Number.isNaN(at)) throw invalidParameter(parameter, text, EXPECTED);
  return at;
}
