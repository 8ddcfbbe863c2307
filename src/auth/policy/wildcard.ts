/**
 * Whether the whole text fits the pattern. `*` means any run of characters, `?` means exactly one character.
 * Only the last `*` is tried again, because an earlier one cannot help. A regular expression made from the pattern could take
 * exponential time. A pattern that wants more characters than the text has is not tried, so that the cost is at most the
 * length of the pattern and the square of the length of the text: whoever asks must bound the text.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  if (leastLength(pattern, text.length) > text.length) return false;
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

/** How many characters a text must have to fit. Counts no further than one above `enough`. */
function leastLength(pattern: string, enough: number): number {
  let least = 0;
  for (let i = 0; i < pattern.length && least <= enough; i++) if (pattern[i] !== "*") least++;
  return least;
}

/**
 * Whether a pattern fits any of the names of a form. In the form, `*` stands for an id, which is any text without a colon. Costs
 * the product of their lengths.
 */
export function fitsForm(pattern: string, form: string): boolean {
  // reached[j]: some beginning of a name, by the form so far, fits the first j characters of the pattern.
  let reached = Array.from(pattern, () => false);
  reached.unshift(true);
  spread(reached, pattern);
  for (const wanted of form) {
    const next = wanted === "*" ? afterId(reached, pattern) : after(reached, pattern, wanted);
    spread(next, pattern);
    reached = next;
  }
  return reached[pattern.length] === true;
}

/** A star of the pattern may stand for nothing. */
function spread(reached: boolean[], pattern: string): void {
  for (let j = 0; j < pattern.length; j++) {
    if (reached[j] === true && pattern[j] === "*") reached[j + 1] = true;
  }
}

function after(reached: readonly boolean[], pattern: string, wanted: string): boolean[] {
  return reached.map((isReached, j) => {
    const last = pattern[j - 1];
    if (last === "*") return isReached || reached[j - 1] === true;
    return reached[j - 1] === true && (last === "?" || last === wanted);
  });
}

/** An id can take up everything of the pattern but a colon. */
function afterId(reached: readonly boolean[], pattern: string): boolean[] {
  let runs = false;
  return reached.map((isReached, j) => {
    runs = isReached || (runs && pattern[j - 1] !== ":");
    return runs;
  });
}
