import { BlockList, isIP } from "node:net";

/** Addresses that lead into the host, its networks or its cloud's metadata. */
const INSIDE = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10", // shared address space; Alibaba Cloud's metadata is 100.100.100.200
  "127.0.0.0/8",
  "169.254.0.0/16", // link-local; other clouds' metadata
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

export interface TargetRules {
  /** Whether a delivery may connect to this address. */
  allows(address: string): boolean;
}

/**
 * Reads what is allowed beside the public internet: networks such as `10.1.0.0/16`, with commas between, or `any`.
 * @throws TypeError in words.
 */
export function targetRules(allowed: string): TargetRules {
  const entries = allowed.split(",").flatMap((entry) => entry.trim() || []);
  if (entries.includes("any")) return { allows: (address) => isIP(address) !== 0 };
  const exceptions = listOf(entries);
  let inside: BlockList | undefined; // made for the first delivery, which no start should wait for
  const isInside = (address: string) => {
    inside ??= listOf(INSIDE);
    return isIn(inside, address);
  };
  return {
    allows: (address) => isIP(address) !== 0 && (isIn(exceptions, address) || !isInside(address)),
  };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [, address = "", prefix] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
    const version = isIP(address);
    const most = version === 6 ? 128 : 32;
    const bits = prefix === undefined ? most : Number(prefix);
    if (version === 0 || bits > most) {
      throw new TypeError(`"${network}" is no network; give one such as 10.1.0.0/16, or any`);
    }
    list.addSubnet(address, bits, version === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** An IPv4 address inside an IPv6 one leads where the IPv4 address leads. */
function isIn(list: BlockList, address: string): boolean {
  if (isIP(address) === 4) return list.check(address, "ipv4");
  const [bare = ""] = address.split("%"); // fe80::1%eth0
  const embedded = embeddedV4(bare);
  return list.check(bare, "ipv6") || (embedded !== undefined && list.check(embedded, "ipv4"));
}

/** Of mapped (::ffff:a.b.c.d), compatible (::a.b.c.d), NAT64 (64:ff9b::) and 6to4 (2002:) addresses. */
function embeddedV4(address: string): string | undefined {
  const groups = groupsOf(address);
  if (groups === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  if (a === 0x2002) return dotted(b, c);
  const mapped = a === 0 && b === 0 && c === 0 && d === 0 && (e === 0xffff || e === 0);
  const translated = mapped && (f === 0xffff || f === 0);
  const nat64 = a === 0x64 && b === 0xff9b && (c | d | e | f) === 0;
  return translated || nat64 ? dotted(g, h) : undefined;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function groupsOf(address: string): readonly number[] | undefined {
  const tail = /:(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [p = 0, q = 0, r = 0, s = 0] = tail?.slice(1).map(Number) ?? [];
  const hex = tail
    ? `${address.slice(0, tail.index)}:${((p << 8) | q).toString(16)}:${((r << 8) | s).toString(16)}`
    : address;
  const [before = "", after] = hex.split("::");
  const left = before.split(":").filter(Boolean);
  const right = (after ?? "").split(":").filter(Boolean);
  const missing = 8 - left.length - right.length;
  if (missing < 0) return undefined;
  const zeros = Array.from({ length: missing }, () => "0");
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}
