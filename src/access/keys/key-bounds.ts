import type { Params } from "../params.ts";
import { refuseBadNetworks } from "./key-networks.ts";

const SHORTEST_LIFE_S = 60;
const LONGEST_LIFE_S = 10 * 365 * 86_400;

/** What of a permanent key can be given and changed. */
export interface KeyBounds {
  readonly expiresInSeconds: number | undefined;
  readonly networks: readonly string[] | undefined;
}

export function boundsIn(params: Params): KeyBounds {
  const networks = params.optionalTexts("networks", 'a list of networks such as "10.0.0.0/8"');
  if (networks !== undefined) refuseBadNetworks(networks);
  return {
    expiresInSeconds: params.optionalWhole("expiresInSeconds", SHORTEST_LIFE_S, LONGEST_LIFE_S),
    networks,
  };
}
