import stringWidth from "string-width";
import { visible } from "../../visible.ts";

const segments = new Intl.Segmenter();

/** What a server says as one line that cannot move the cursor, change colours or ring the bell. It may be no text at all. */
export function plain(said: unknown): string {
  return visible(typeof said === "string" ? said : String(said));
}

/** The width of the text in columns: two for most East Asian characters, none for colours. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

const ESCAPE = "\u001b";
/** The escape sequence of a colour or of its end. */
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);
const NO_COLOUR = `${ESCAPE}[0m`;

/** Cuts the text to the width, with … at the cut. Colours have no width and end at the cut. */
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

/** Splits a text into visible characters and colours. */
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
