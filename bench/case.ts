import type { Findings } from "./report/report.ts";

/** How thorough a run is. */
export interface Effort {
  readonly quick: boolean;
  readonly large: boolean;
  /** Rounds of interleaved slices, and seconds of each. */
  readonly rounds: number;
  readonly seconds: number;
  /** Reports the progress of the run. */
  readonly tell: (text: string) => void;
}

export interface BenchCase {
  /** The name of the case for `--case`. */
  readonly name: string;
  readonly title: string;
  run(effort: Effort): Promise<Findings>;
}

/** The numbers of stored tasks that are measured. */
export function sizesOf({ quick, large }: Effort): readonly number[] {
  if (quick) return [1_000, 100_000];
  return large ? [1_000, 100_000, 1_000_000, 10_000_000] : [1_000, 100_000, 1_000_000];
}

/** Connections of the load; the same number as in the research that the goals come from. */
export const CONNECTIONS = 32;

/** 1000000 → 10⁶ */
export function power(tasks: number): string {
  const digits = String(Math.round(Math.log10(tasks)));
  return `10${[...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? digit).join("")}`;
}
