export const HEX = "0123456789abcdef";
export const DIGITS = "0123456789";
export const BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz";

/** `length` random characters of the alphabet. */
export function randomChars(alphabet: string, length: number, random: () => number): string {
  let chars = "";
  while (chars.length < length) chars += alphabet[Math.floor(random() * alphabet.length)];
  return chars;
}

/** A whole number in the base of the alphabet, padded so that the texts sort like the numbers. */
export function sortableNumber(value: number, alphabet: string, length: number): string {
  return Math.floor(value)
    .toString(alphabet.length)
    .padStart(length, alphabet[0] ?? "0")
    .slice(-length);
}
