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

const ESCAPE = "\u001b";
/** A colour, or its end. */
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);
const NO_COLOUR = `${ESCAPE}[0m`;

/** Cut to the width, with … at the cut. Colours take no room, and end at the cut. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  let out = "";
  let used = 0;
  for (const piece of pieces(text)) {
    used += widthOf(piece);
    if (used > width - 1) break;
    out += piece;
  }
  return `${out}…${COLOUR.test(out) ? NO_COLOUR : ""}`;
}

/** Characters as a reader sees them, and colours. */
function* pieces(text: string): Generator<string> {
  for (const [index, part] of text.split(COLOUR).entries()) {
    if (index % 2 === 1) yield part;
    else for (const { segment } of segments.segment(part)) yield segment;
  }
}

export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + blanks : blanks + text;
}
