import { type Requests, type Slice, slice } from "../load/load.ts";
import type { Server } from "../load/servers.ts";
import { pairedRatios, type Spread, spread } from "./stats.ts";

export interface Contestant {
  readonly server: Server;
  /** A function makes new requests for each slice, for requests that cannot be repeated. */
  readonly requests: Requests | (() => Requests);
  /** Called before and after each slice, outside the measured time. */
  readonly before?: () => Promise<void>;
  readonly after?: () => Promise<void>;
}

export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

/** The slices of each contestant, by its index in the list: one for each round that counts. */
export type Rounds = readonly (readonly Slice[])[];

/**
 * Loads one after the other, in turned order each round, after a slice each that does not count. Rounds in which
 * others were busy do not count either, if enough are left without them.
 */
export async function compare(contestants: readonly Contestant[], pace: Pace): Promise<Rounds> {
  const slices: Slice[][] = contestants.map(() => []);
  for (let round = -1; round < pace.rounds; round++) {
    const order = [...contestants.entries()];
    if (round % 2 === 0) order.reverse();
    for (const [place, { server, requests, before, after }] of order) {
      await before?.();
      const sent = typeof requests === "function" ? requests() : requests;
      const measured = await slice(server, sent, pace);
      await after?.();
      if (round >= 0) slices[place]?.push(measured);
    }
  }
  return undisturbed(slices);
}

/** In cores: more than the start of wrk and the measuring itself take. */
const QUIET = 0.15;
const ENOUGH_ROUNDS = 3;

export function undisturbed(slices: Rounds): Rounds {
  const quiet = [...(slices[0] ?? []).keys()].filter((round) =>
    slices.every((mine) => (mine[round]?.others ?? 0) <= QUIET),
  );
  if (quiet.length < ENOUGH_ROUNDS) return slices;
  return slices.map((mine) => mine.filter((_, round) => quiet.includes(round)));
}

type Figure = (slice: Slice) => number;

export function figure(slices: readonly Slice[] | undefined, of: Figure): Spread {
  return spread((slices ?? []).map(of));
}

/** `a` ÷ `b` of the same round, over all rounds. */
export function ratio(
  a: readonly Slice[] | undefined,
  b: readonly Slice[] | undefined,
  of: Figure,
): Spread {
  return spread(pairedRatios((a ?? []).map(of), (b ?? []).map(of)));
}

/** The most that anything else on the machine took while this was measured, in cores. */
export function worstDisturbance(rounds: Rounds): number {
  return Math.max(0, ...rounds.flat().map(({ others }) => others));
}
