/**
 * Whether the whole text fits the pattern. `*` means any run of characters, `?` means exactly one character.
 * Only the last `*` is tried again, because an earlier one cannot help. A regular expression made from the pattern could take
 * exponential time. The cost is at most the length of the pattern and the square of the length of the text: whoever asks
 * must bound the text.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1; // index of the last * in the pattern
  let starAt = 0; // index in the text where its run ends so far
  for (let i = 0; i < text.length; ) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at++;
      starAt = i;
    } else if (wanted !== undefined && (wanted === "?" || wanted === text[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++starAt;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
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
