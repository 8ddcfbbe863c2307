import type { Random } from "./random.ts";
import { KINDS, type Weights } from "./scheduler.ts";

/** The kind of a run. Runs differ, because one mix of work and faults shows mistakes that another hides. */
export interface Profile {
  readonly weights: Weights;
  /** How many steps there are before the clients and faults stop. */
  readonly steps: number;
  readonly clients: number;
  /** The probability of a fault before each step. */
  readonly faultChance: number;
  /** The probability that a commit fails, that it succeeds but is reported as failed, and that a read fails. */
  readonly failBefore: number;
  readonly failAfter: number;
  readonly failRead: number;
  /** The probability that a report is sent again. */
  readonly repeat: number;
  /** Clients of streams, and webhooks. */
  readonly listeners: number;
  readonly webhooks: number;
  readonly maxRunning: number;
  readonly recentTasks: number;
  /** ms; undefined: ended tasks stay where they are. */
  readonly retention: number | undefined;
}

const UNEVEN = [0.3, 1, 1, 4] as const;

export function profileOf(random: Random): Profile {
  const stormy = random.chance(0.5);
  return {
    weights: Object.fromEntries(KINDS.map((kind) => [kind, random.pick(UNEVEN)])) as Weights,
    steps: random.whole(100, 350),
    clients: random.whole(2, 4),
    faultChance: random.pick([0, 0.02, 0.04]),
    failBefore: stormy ? random.pick([0, 0.03, 0.15]) : 0,
    failAfter: stormy ? random.pick([0, 0.03, 0.1]) : 0,
    failRead: stormy ? random.pick([0, 0.01, 0.05]) : 0,
    repeat: random.pick([0, 0.1, 0.3]),
    listeners: random.pick([0, 0, 1, 3]),
    webhooks: random.pick([0, 1, 2]),
    maxRunning: random.pick([2, 4, 10_000]),
    recentTasks: random.pick([2, 20_000]),
    retention: random.chance(0.2) ? random.whole(1, 120_000) : undefined,
  };
}
