/**
 * Whether the whole text fits the pattern. `*` means any run of characters, `?` means exactly one character.
 * Only the last `*` is tried again, because an earlier one cannot help. So the cost is at most text × pattern. A regular
 * expression made from the pattern could take exponential time.
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
