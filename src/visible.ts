/**
 * Characters that make a reader see something else than what is there: controls (C0, DEL, C1), line and paragraph
 * separators, half surrogates, marks that change the direction of writing, and characters without a shape. The two joiners
 * and the variation selectors stay, because the scripts of many languages, and emoji, are written with them.
 */
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufff9-\ufffb[\p{Default_Ignorable_Code_Point}--[\u200c\u200d\ufe00-\ufe0f]]]/v;
const EVERY_UNSAFE = new RegExp(UNSAFE, "gv");

/**
 * The text with every unsafe character as an escape of JSON, such as `\u001b` or `\n`. So it is one line that cannot
 * control a terminal. JSON stays JSON with the same values.
 */
export function visible(text: string): string {
  return UNSAFE.test(text) ? text.replace(EVERY_UNSAFE, escaped) : text;
}

/** The same for text that this program has laid out: its line ends and tabs stay. */
export function visibleLines(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replace(EVERY_UNSAFE, (found) =>
    found === "\n" || found === "\t" ? found : escaped(found),
  );
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Characters beyond U+FFFF become the two escapes that JSON has for them. */
function escaped(found: string): string {
  const short = SHORT[found];
  if (short !== undefined) return short;
  return Array.from({ length: found.length }, (_, i) => unitEscaped(found.charCodeAt(i))).join("");
}

function unitEscaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
