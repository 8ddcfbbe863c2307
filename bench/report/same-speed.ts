import { percentile, type Spread } from "./stats.ts";

/** What a server did in a quarter of a second, and how fast its core was. */
export interface Quarter {
  readonly perSecond: number;
  /** How long pieces of the same work took, in µs. Empty: nobody knows. */
  readonly workUs: readonly number[];
}

/** Speeds that differ by so little are the same. */
const SAME = 0.05;
/** Pieces of work in one quarter that differ by more than this tell that the speed changed within it. */
const STEADY = 0.15;
/** So many quarters of the same speed are enough to compare with. */
const ENOUGH = 4;

/**
 * What `beside` reached of what `alone` reached while the core had the same speed: a core that is shared with other
 * machines is now fast and now slow, and by more than what is measured. Quarters of a second in which the speed changed
 * do not count. Undefined: too few can be compared, because the machine is too restless.
 */
export function atSameSpeed(
  beside: readonly Quarter[],
  alone: readonly Quarter[],
): Spread | undefined {
  const base = steady(alone);
  const ratios = steady(beside).flatMap(({ perSecond, us }) => {
    const same = base.filter((one) => Math.abs(one.us / us - 1) <= SAME);
    if (same.length < ENOUGH) return [];
    const usual = percentile(
      same.map((one) => one.perSecond),
      50,
    );
    return [perSecond / usual];
  });
  if (ratios.length < ENOUGH) return undefined;
  return {
    median: percentile(ratios, 50),
    min: percentile(ratios, 25),
    max: percentile(ratios, 75),
    n: ratios.length,
  };
}

function steady(quarters: readonly Quarter[]): { perSecond: number; us: number }[] {
  return quarters.flatMap(({ perSecond, workUs }) => {
    if (workUs.length === 0) return [];
    const us = percentile(workUs, 50);
    const isSteady = percentile(workUs, 75) - percentile(workUs, 25) <= STEADY * us;
    return isSteady ? [{ perSecond, us }] : [];
  });
}
