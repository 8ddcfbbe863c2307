/** What several rounds gave: the middle, the ends, and how many there were. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

/** @throws RangeError for no values at all. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("no values were measured");
  return {
    median: percentile(values, 50),
    min: Math.min(...values),
    max: Math.max(...values),
    n: values.length,
  };
}

/** The value below which `percent` of the values lie; between two of them, by their distance. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Round by round, so that a machine that was slow for a while was slow for both. */
export function pairedRatios(values: readonly number[], bases: readonly number[]): number[] {
  const rounds = Math.min(values.length, bases.length);
  return Array.from({ length: rounds }, (_, i) => (values[i] ?? 0) / (bases[i] ?? 0));
}
