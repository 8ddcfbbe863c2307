/** A decimal number: its digits without zeros at either end, and the power of ten that they are multiplied by. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/**
 * Whether a number as JSON writes it stays what it is. A whole number must print as the same number again, so that
 * 9007199254740992 and 1e21 pass and 9007199254740993 does not. Fractions are doubles, as everywhere in JSON. What would
 * become Infinity, and what would become 0 without being 0, does not pass.
 */
export function isExact(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  const written = decimalOf(literal);
  if (written.digits === "") return true;
  if (value === 0) return false;
  if (written.exponent < 0 || Number.isSafeInteger(value)) return true;
  const kept = decimalOf(String(value));
  return kept.digits === written.digits && kept.exponent === written.exponent;
}

function decimalOf(literal: string): Decimal {
  const [mantissa = "", power = "0"] = literal.toLowerCase().replace(/^-/, "").split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const all = whole + fraction;
  let end = all.length;
  while (end > 0 && all[end - 1] === "0") end--;
  let start = 0;
  while (start < end && all[start] === "0") start++;
  const exponent = Number(power) - fraction.length + (all.length - end);
  return { digits: all.slice(start, end), exponent };
}

export const EXACT_NUMBER = "a number that a double keeps; give a larger one as a text";
