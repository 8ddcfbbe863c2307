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
  /** How many ended tasks are in memory, and how many bytes of open ones. */
  readonly memory: { readonly endedTasks: number; readonly openTaskBytes: number };
  /** ms; undefined: ended tasks stay where they are. */
  readonly retention: number | undefined;
}

/** From no task in memory to all of them. */
const OPEN_BYTES = [0, 3_000, 10_000, 1e9] as const;

const UNEVEN = [0.3, 1, 1, 4] as const;

export function profileOf(random: Random): Profile {
  const stormy = random.chance(0.5);
  const weights = Object.fromEntries(KINDS.map((kind) => [kind, random.pick(UNEVEN)])) as Weights;
  const steps = random.whole(100, 350);
  return {
    weights,
    steps,
    clients: random.whole(2, 4),
    faultChance: random.pick([0, 0.02, 0.04]),
    failBefore: stormy ? random.pick([0, 0.03, 0.15]) : 0,
    failAfter: stormy ? random.pick([0, 0.03, 0.1]) : 0,
    failRead: stormy ? random.pick([0, 0.01, 0.05]) : 0,
    repeat: random.pick([0, 0.1, 0.3]),
    listeners: random.pick([0, 0, 1, 3]),
    webhooks: random.pick([0, 1, 2]),
    maxRunning: random.pick([2, 4, 10_000]),
    memory: {
      endedTasks: random.pick([2, 20_000]),
      // Not by chance of its own, so that the runs of earlier seeds stay what they are.
      openTaskBytes: OPEN_BYTES[steps % OPEN_BYTES.length] ?? 0,
    },
    retention: random.chance(0.2) ? random.whole(1, 120_000) : undefined,
  };
}
