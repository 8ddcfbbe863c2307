/**
 * Whether a text can be a column, a key, a label, a header and a file name without becoming another text: well-formed
 * Unicode (no half of a surrogate pair) without U+0000, at which C libraries end a text.
 */
export function isSoundText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** The text with U+FFFD in place of what is not sound: for messages, where a lost character does no harm. */
export function soundText(text: string): string {
  return isSoundText(text) ? text : text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** What is wrong with a text that is not sound, and the text with escapes, at most 80 characters. */
export function describeUnsound(text: string): string {
  const what = text.isWellFormed() ? "a text with U+0000" : "a text with half of a surrogate pair";
  return `${what}, ${shortened(JSON.stringify(text).replaceAll("\0", "\\u0000"))}`;
}

export const SOUND_TEXT = "well-formed Unicode without U+0000";

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77).toWellFormed()}...` : text;
}
