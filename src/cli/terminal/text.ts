import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

const segments = new Intl.Segmenter();
/** Control characters, ends of lines, and what turns the direction of writing. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** Text from a task as one line that cannot move the cursor, change colours or ring. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(UNSAFE, " ");
}

/** How many columns the text takes: two for most East Asian characters, none for colours. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** Cut to the width, with … at the cut. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  let out = "";
  let used = 0;
  for (const { segment } of segments.segment(text)) {
    used += widthOf(segment);
    if (used > width - 1) break;
    out += segment;
  }
  return `${out}…`;
}

export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + blanks : blanks + text;
}
