/** A typing error changes at most this part of a word. */
const SHARE = 0.4;

/** The known word that is most like the one that was found; undefined if none is alike. */
export function closestTo(found: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((word) => ({ word, edits: editsBetween(found.toLowerCase(), word.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const [best] = ranked;
  if (best === undefined) return undefined;
  return best.edits <= Math.max(1, Math.floor(best.word.length * SHARE)) ? best.word : undefined;
}

/** Letters to add, remove, replace or swap with their neighbour (Damerau and Levenshtein, optimal string alignment). */
function editsBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const edits = [
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + cost,
      ];
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits.push((rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(Math.min(...edits));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
