const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** `2d3h`, `1h5m`, `12s`, `0.3s`: the two largest units, as filters take them. */
export function durationText(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${Math.max(0.1, ms / 1_000).toFixed(1)}s`;
  let rest = Math.max(0, Math.floor(ms / 1_000));
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const amount = Math.floor(rest / seconds);
    rest -= amount * seconds;
    if (amount > 0) parts.push(`${amount}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join("") || "0s";
}
