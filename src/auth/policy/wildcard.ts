/**
 * Whether the whole text fits the pattern. `*` means any run of characters, `?` means exactly one character. The parts between
 * stars are looked for one after the other, each as early as it stands, because a later place of one cannot help the next. A
 * part without `?` is found in about as many steps as the text has characters; one with `?` may take the product of both
 * lengths, so whoever takes patterns from others must bound those (`isCostly`).
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  const last = parts.pop();
  if (last === undefined) return pattern.length === text.length && fitsAt(first, text, 0);
  if (!fitsAt(first, text, 0)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = placeOf(part, text, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  const end = text.length - last.length;
  return at <= end && fitsAt(last, text, end);
}

/** Whether a part of the pattern may have to be tried at every place of a text, character by character. */
export function isCostly(pattern: string): boolean {
  const star = pattern.indexOf("*");
  return star >= 0 && pattern.includes("?", star);
}

/** The first place from `from` on where the part stands in the text; below 0: nowhere. */
function placeOf(part: string, text: string, from: number): number {
  if (!part.includes("?")) return text.indexOf(part, from);
  for (let at = from; at + part.length <= text.length; at++) {
    if (fitsAt(part, text, at)) return at;
  }
  return -1;
}

function fitsAt(part: string, text: string, at: number): boolean {
  if (!part.includes("?")) return text.startsWith(part, at);
  for (let i = 0; i < part.length; i++) {
    if (part[i] !== text[at + i] && (part[i] !== "?" || text[at + i] === undefined)) return false;
  }
  return true;
}

/**
 * Whether a pattern fits any of the names of a form. In the form, `*` stands for an id, which is any text without a colon. Costs
 * the product of their lengths.
 */
export function fitsForm(pattern: string, form: string): boolean {
  const parts = pattern.split("");
  // The first says whether the names so far fit no part of the pattern, each other whether they fit all up to its part.
  let reached = withStars([true, ...parts.map(() => false)], parts);
  for (const wanted of form.split("")) {
    const next = wanted === "*" ? afterId(reached, parts) : after(reached, parts, wanted);
    reached = withStars(next, parts);
  }
  return reached.at(-1) === true;
}

/** A star of the pattern may stand for nothing. */
function withStars(reached: readonly boolean[], parts: readonly string[]): readonly boolean[] {
  let before = false;
  return reached.map((isReached, j) => {
    before = isReached || (before && parts[j - 1] === "*");
    return before;
  });
}

/** What one more character of the name reaches. A star that was reached takes it up. */
function after(
  reached: readonly boolean[],
  parts: readonly string[],
  wanted: string,
): readonly boolean[] {
  return reached.map((isReached, j) => {
    const part = parts[j - 1];
    if (part === "*") return isReached;
    return reached[j - 1] === true && (part === "?" || part === wanted);
  });
}

/** An id can take up everything of the pattern but a colon. */
function afterId(reached: readonly boolean[], parts: readonly string[]): readonly boolean[] {
  let runs = false;
  return reached.map((isReached, j) => {
    runs = isReached || (runs && parts[j - 1] !== ":");
    return runs;
  });
}
