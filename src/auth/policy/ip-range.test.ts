import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { test } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import { parseIpRange, rangeContains } from "./ip-range.ts";

function contains(range: string, address: string): boolean {
  const parsed = parseIpRange(range);
  assert.ok(parsed, range);
  return rangeContains(parsed, address);
}

test("agrees with Node's own lists of networks", () => {
  // Few bits differ, so that addresses often are near the edge of the network.
  const near = fc.tuple(fc.nat(255), fc.nat(3), fc.nat(255)).map(([a, b, c]) => [a, b, c] as const);
  fc.assert(
    fc.property(near, near, fc.nat(32), (one, other, bits) => {
      const [network, address] = [`10.${one.join(".")}`, `10.${other.join(".")}`];
      const list = new BlockList();
      list.addSubnet(network, bits, "ipv4");
      assert.equal(contains(`${network}/${bits}`, address), list.check(address, "ipv4"));
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), fc.nat(128), fc.nat(128), (network, random, bits, shared) => {
      const list = new BlockList();
      list.addSubnet(network, bits, "ipv6");
      const address = shared % 2 === 0 ? network : random;
      assert.equal(contains(`${network}/${bits}`, address), list.check(address, "ipv6"), address);
    }),
  );
});

test("an IPv4 client of an IPv6 socket is in the IPv4 network", () => {
  assert.ok(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  assert.ok(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
  assert.ok(!contains("::/96", "10.1.2.3"));
  assert.ok(contains("0.0.0.0/0", "1.2.3.4"));
  assert.ok(!contains("0.0.0.0/0", "2001:db8::1"));
});

test("what is no network is not taken for one", () => {
  for (const text of [
    "",
    "10.0.0",
    "10.0.0.0.0",
    "10.0.0.256",
    "10.0.0.01",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "a.b.c.d",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "::1%eth0",
    "::/129",
    "1.2.3.4::",
  ])
    assert.equal(parseIpRange(text), undefined, text);
});
