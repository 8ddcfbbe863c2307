import { type IpRange, parseIpRange, rangeContains } from "../../auth/policy/ip-range.ts";
import { DomainError } from "../../core/errors.ts";
import type { Denial } from "../call.ts";

/** The most networks that one key may have. */
const NETWORK_LIMIT = 50;

/** Lists of networks, one for each key of a chain that has one: an address must be in one of every list. */
export type Networks = readonly (readonly IpRange[])[];

/** A network that cannot be read contains no address. */
export function rangesOf(networks: readonly string[]): readonly IpRange[] {
  return networks.flatMap((network) => parseIpRange(network) ?? []);
}

export function isWithin(networks: Networks, address: string): boolean {
  return networks.every((ranges) => ranges.some((range) => rangeContains(range, address)));
}

/** @throws DomainError `InvalidParameter` */
export function refuseBadNetworks(networks: readonly string[]): void {
  if (networks.length > NETWORK_LIMIT) {
    throw new DomainError(
      "InvalidParameter",
      `networks has ${networks.length} entries; give at most ${NETWORK_LIMIT}, for example wider networks`,
      { parameter: "networks" },
    );
  }
  const wrong = networks.find((network) => parseIpRange(network) === undefined);
  if (wrong === undefined) return;
  throw new DomainError(
    "InvalidParameter",
    `networks has ${JSON.stringify(wrong.slice(0, 60))}; give addresses or networks such as "10.0.0.0/8"`,
    { parameter: "networks" },
  );
}

/** The vendor documents no answer for this: it is that of a policy with acs:SourceIp. */
export function networkDenial(code: string): Denial {
  return {
    status: 403,
    code,
    message: "The access key may not be used from the address that the request came from.",
    reason: "network-not-allowed",
  };
}
