/**
 * Does the whole text fit the pattern? `*` is any run of characters, `?` exactly one.
 * Only the last `*` is ever tried again (an earlier one cannot help), so the cost is at most text × pattern, never exponential as
 * with a pattern turned into a regular expression.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1; // place of the last * in the pattern
  let starAt = 0; // where in the text its run ends for now
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
