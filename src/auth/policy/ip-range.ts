/** A network: 16 bytes, and how many of their first bits count. IPv4 has its IPv6 form (::ffff:0:0/96). */
export type IpRange = { readonly bytes: readonly number[]; readonly prefixBits: number };

const IPV4_PREFIX: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Reads `10.0.0.0/8`, `10.1.2.3`, `2001:db8::/32`, `::1`. Undefined for any other text. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const bytes = parseIp(address);
  if (!bytes) return undefined;
  const maxBits = address.includes(":") ? 128 : 32;
  const bits = slash < 0 ? maxBits : decimal(text.slice(slash + 1), maxBits);
  return bits === undefined ? undefined : { bytes, prefixBits: 128 - maxBits + bits };
}

/** Whether the address is in the range. Text that is no address is in no range. */
export function rangeContains({ bytes, prefixBits }: IpRange, address: string): boolean {
  const other = parseIp(address);
  if (!other) return false;
  for (let i = 0, left = prefixBits; left > 0; i++, left -= 8) {
    const ignored = left >= 8 ? 0 : 8 - left;
    if ((bytes[i] ?? 0) >> ignored !== (other[i] ?? 0) >> ignored) return false;
  }
  return true;
}

function parseIp(text: string): readonly number[] | undefined {
  if (text.includes(":")) return parseIpv6(text);
  const bytes = parseIpv4(text);
  return bytes && [...IPV4_PREFIX, ...bytes];
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".", 5).map((part) => decimal(part, 255));
  const bytes = parts.filter((part) => part !== undefined);
  return parts.length === 4 && bytes.length === 4 ? bytes : undefined;
}

/** Each side of `::` is a list of 16-bit groups. The last group may be an IPv4 address. */
function parseIpv6(text: string): readonly number[] | undefined {
  const sides = text.split("::", 3);
  if (sides.length > 2) return undefined;
  const [head, tail] = sides.map((side, i) => groupBytes(side, i === sides.length - 1));
  if (!head) return undefined;
  if (sides.length === 1) return head.length === 16 ? head : undefined;
  if (!tail || head.length + tail.length > 14) return undefined; // :: stands for at least one group
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

function groupBytes(side: string, isEnd: boolean): number[] | undefined {
  const bytes: number[] = [];
  const groups = side === "" ? [] : side.split(":", 9);
  for (const [i, group] of groups.entries()) {
    const ipv4 = isEnd && i === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4) bytes.push(...ipv4);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}

/** A decimal number, at most `max`. Leading zeros are refused, because some programs read them as octal. */
function decimal(text: string, max: number): number | undefined {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}
