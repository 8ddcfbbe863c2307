/** A network. Addresses are numbers of 128 bits; IPv4 has its IPv6 form (::ffff:0:0/96). */
export type IpRange = {
  readonly address: bigint;
  /** How many of the last bits do not count. */
  readonly freeBits: bigint;
};

const IPV4_START = 0xffff_0000_0000n;
const IPV6_GROUPS = 8;

/** Reads `10.0.0.0/8`, `10.1.2.3`, `2001:db8::/32`, `::1`. Undefined for any other text. */
export function parseIpRange(text: string): IpRange | undefined {
  const [host = "", length, ...others] = text.split("/");
  const address = parseIp(host);
  if (address === undefined || others.length > 0) return undefined;
  const allBits = host.includes(":") ? 128 : 32;
  const bits = length === undefined ? allBits : decimal(length, allBits);
  return bits === undefined ? undefined : { address, freeBits: BigInt(allBits - bits) };
}

/** Whether the address is in the range. Text that is no address is in no range. */
export function rangeContains({ address, freeBits }: IpRange, text: string): boolean {
  const other = parseIp(text);
  return other !== undefined && other >> freeBits === address >> freeBits;
}

function parseIp(text: string): bigint | undefined {
  if (text.includes(":")) return parseIpv6(text);
  const groups = ipv4Groups(text);
  return groups && IPV4_START + numberOf(groups);
}

/** Each side of `::` is a list of 16-bit groups. The last group may be an IPv4 address. */
function parseIpv6(text: string): bigint | undefined {
  const sides = text.split("::");
  const [head, tail] = sides.map((side, i) => ipv6Groups(side, i === sides.length - 1));
  if (!head) return undefined;
  if (sides.length === 1) return head.length === IPV6_GROUPS ? numberOf(head) : undefined;
  if (!tail || sides.length > 2) return undefined;
  const zeros = IPV6_GROUPS - head.length - tail.length;
  // :: stands for at least one group.
  if (zeros < 1) return undefined;
  return numberOf([...head, ..."0".repeat(zeros), ...tail]);
}

/** The groups as hexadecimal texts. */
function ipv6Groups(side: string, isEnd: boolean): readonly string[] | undefined {
  const groups = side === "" ? [] : side.split(":");
  const last = isEnd ? groups.at(-1) : undefined;
  const ipv4 = last === undefined ? undefined : ipv4Groups(last);
  const all = ipv4 ? [...groups.slice(0, -1), ...ipv4] : groups;
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? all : undefined;
}

/** The two 16-bit groups that an IPv4 address takes in an IPv6 one. */
function ipv4Groups(text: string): readonly string[] | undefined {
  const bytes = text.split(".").map((part) => decimal(part, 255)?.toString(16).padStart(2, "0"));
  const [a, b, c, d, ...others] = bytes;
  if (!(a && b && c && d) || others.length > 0) return undefined;
  return [a + b, c + d];
}

function numberOf(groups: readonly string[]): bigint {
  return BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`);
}

/** A decimal number, at most `max`. Leading zeros are refused, because some programs read them as octal. */
function decimal(text: string, max: number): number | undefined {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}
