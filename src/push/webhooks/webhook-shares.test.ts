import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LIMIT_TABLE } from "../../share-table.ts";
import { DEFAULT_WEBHOOK_LIMITS, WebhookShares } from "./webhook-shares.ts";

const { most, inAll, floor } = LIMIT_TABLE.undelivered;

describe("the entries that were read for webhooks", () => {
  test("of all accounts are limited together, and each may have some in any case", () => {
    const shares = new WebhookShares(DEFAULT_WEBHOOK_LIMITS);
    for (let taken = 0; taken < inAll; taken += most) shares.roomOf(`full-${taken}`).add(most);
    const late = shares.roomOf("late");
    late.add(floor - 1);
    assert.equal(late.isFull, false);
    late.add(1);
    assert.equal(late.isFull, true);
    shares.roomOf("full-0").add(-most);
    assert.equal(late.isFull, false);
    late.add(-floor);
    assert.equal(shares.useOf("late").undelivered, 0);
  });
});
