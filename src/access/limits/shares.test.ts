import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessCall, OPERATOR_TOKEN, openFixture } from "../../../test/support/access-fixture.ts";
import { ACCESS_SETTINGS } from "../../config/access-settings.ts";
import { HTTP_LIMITS } from "../../http/limits.ts";
import { HELD_KINDS, SET_KINDS, SHARE_TABLE } from "../../share-table.ts";
import { type ShareSettings, Shares } from "./shares.ts";

const limits = (shares: Shares, account: string) =>
  Object.fromEntries(shares.usageOf(account).map(({ kind, limit }) => [kind, limit]));

describe("the setting of shares", () => {
  test("has every kind, for all accounts and for single ones", () => {
    const all = Object.fromEntries(SET_KINDS.map((kind, i) => [kind, i + 1]));
    const one = Object.fromEntries(SET_KINDS.map((kind, i) => [kind, i + 101]));
    const read = ACCESS_SETTINGS.shares.kind.read({ ...all, accounts: { a: one } });
    assert.deepEqual(read, { ...all, accounts: { a: one } });
    const shares = new Shares(read satisfies ShareSettings);
    for (const kind of HELD_KINDS) {
      assert.equal(limits(shares, "b")[kind], all[kind]);
      assert.equal(limits(shares, "a")[kind], one[kind]);
    }
  });

  test("that names one kind leaves the others as they are in the table", () => {
    const shares = new Shares({ accounts: { a: { waits: 1 } } });
    assert.equal(limits(shares, "a")["waits"], 1);
    assert.equal(limits(shares, "a")["requests"], SHARE_TABLE.requests.most);
    assert.equal(limits(shares, "b")["waits"], SHARE_TABLE.waits.most);
  });

  test("limits only what it names where everyone is one account", () => {
    const shares = new Shares({ streams: 1 }, false);
    assert.equal(limits(shares, "a")["streams"], 1);
    assert.equal(limits(shares, "a")["requests"], Infinity);
  });
});

describe("a share", () => {
  test("that is full refuses its account alone, and has room again when something ends", () => {
    const shares = new Shares({ requests: 2 });
    assert.equal(shares.take("a", "requests"), undefined);
    assert.equal(shares.take("a", "requests"), undefined);
    const denial = shares.take("a", "requests");
    assert.equal(denial?.code, "Throttling.User");
    assert.equal(denial.retryAfterMs, 1_000);
    assert.equal(shares.take("b", "requests"), undefined);
    shares.give("a", "requests");
    assert.equal(shares.take("a", "requests"), undefined);
    const [requests] = shares.usageOf("a");
    assert.deepEqual(requests, { kind: "requests", used: 2, limit: 2, refused: 1 });
  });

  test("of what is limited in all leaves each account a little, however much the others have", () => {
    const shares = new Shares();
    const { most, inAll, floor } = SHARE_TABLE.connections;
    for (let taken = 0; taken < inAll; taken += most) {
      assert.equal(shares.take(`full-${taken}`, "connections", most), undefined);
    }
    assert.equal(shares.take("late", "connections", floor), undefined);
    assert.equal(shares.take("late", "connections")?.code, "Throttling.User");
    shares.give("full-0", "connections", floor + 1);
    assert.equal(shares.take("late", "connections"), undefined);
  });

  test("of addresses whose caller is not known is limited in all, too, and nothing is left of it", () => {
    const shares = new Shares();
    const { unproven, unprovenInAll, unprovenFloor } = SHARE_TABLE.connections;
    for (let taken = 0; taken < unprovenInAll; taken += unproven) {
      assert.equal(shares.takeUnproven(`10.0.0.${taken}`, "connections", unproven), undefined);
    }
    assert.equal(shares.takeUnproven("10.1.0.1", "connections", unprovenFloor), undefined);
    assert.equal(shares.takeUnproven("10.1.0.1", "connections")?.code, "Throttling");
    assert.equal(shares.take("a", "connections"), undefined, "accounts are apart from addresses");
    for (let taken = 0; taken < unprovenInAll; taken += unproven) {
      shares.giveUnproven(`10.0.0.${taken}`, "connections", unproven);
    }
    shares.giveUnproven("10.1.0.1", "connections", unprovenFloor);
    assert.equal(shares.unproven.connections, 0);
  });

  test("of one server fits what it accepts at all", () => {
    const { inAll, unprovenInAll } = SHARE_TABLE.connections;
    assert.ok(inAll + unprovenInAll < HTTP_LIMITS.connections, "or connections would be dropped");
  });

  test("that is full does not keep the operator out, whose account it is by name", async () => {
    const door = await openFixture({ shares: { requests: 0 } });
    const key = await door.makeKey();
    const join = (account: string) => door.shares?.take(account, "requests");
    const call = { dialect: "access", action: "ListAccounts", method: "POST", local: true, join };
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    const caller = await door.control.identify(accessCall({ ...call, headers }));
    assert.equal("actor" in caller && caller.actor, "operator");
    assert.equal(door.shares?.take(key.account, "requests")?.code, "Throttling.User");
  });
});
