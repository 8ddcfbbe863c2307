import { type Budgets, DEFAULT_BUDGETS } from "../../budgets.ts";
import { soundText } from "../../core/values/text.ts";

/** How much one task may hold, in bytes as UTF-8. Larger data belongs in a store of its own, and its address in the task. */
export type Limits = Pick<Budgets, "inputBytes" | "outputsBytes" | "messageBytes" | "noticeBytes">;

const { inputBytes, outputsBytes, messageBytes, noticeBytes } = DEFAULT_BUDGETS;

export const DEFAULT_LIMITS: Limits = { inputBytes, outputsBytes, messageBytes, noticeBytes };

/** The end of a text that was cut. */
export const CUT = "… (cut)";

/**
 * Of a text that is too long, as much of its beginning as fits with a mark that it was cut. A character that cannot be
 * kept becomes U+FFFD.
 */
export function cut(whole: string, bytes: number): string {
  const text = soundText(whole);
  // A code unit takes at most three bytes, so most texts need not be measured.
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const room = Math.max(0, bytes - Buffer.byteLength(CUT));
  // The limit may fall into the middle of a character.
  return (
    Buffer.from(text)
      .toString("utf8", 0, room)
      .replace(/\uFFFD+$/, "") + CUT
  );
}

/**
 * The bytes of the value as JSON. If its text has so few characters that it cannot take more bytes than `most`, their
 * number is enough.
 */
export function jsonBytes(value: object, most = 0): number {
  const text = JSON.stringify(value);
  return text.length * 3 <= most ? text.length : Buffer.byteLength(text);
}

/** Whether the value as JSON is larger. */
export function isLarger(value: object, bytes: number): boolean {
  return jsonBytes(value, bytes) > bytes;
}
