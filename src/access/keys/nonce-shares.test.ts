import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DEFAULT_ACCOUNT,
  type Fixture,
  openFixture,
  signedCall,
} from "../../../test/support/access-fixture.ts";
import type { AccessCall } from "../call.ts";
import { Nonces } from "./nonces.ts";

const scaleOut = {
  method: "POST",
  target: "/api/v2/clusters/c1",
  action: "ScaleOutCluster",
  path: { ClusterId: "c1" },
} as const;

/** An account, or the code of the refusal. */
async function said({ control }: Pick<Fixture, "control">, call: AccessCall): Promise<string> {
  const answer = await control.identify(call);
  return "code" in answer ? answer.code : answer.account;
}

describe("a nonce", () => {
  test("row 8: is not used up by a call that is throttled or forbidden", async () => {
    const door = await openFixture({ throttling: { changes: { perSecond: 1, burst: 1 } } });
    const key = await door.makeKey();
    assert.equal(await said(door, signedCall(key, door.clock, scaleOut)), DEFAULT_ACCOUNT);
    const call = signedCall(key, door.clock, scaleOut);
    for (let i = 0; i < 3; i++) assert.equal(await said(door, call), "Throttling.Api");
    assert.equal(door.nonces.size, 1);
    await door.clock.advance(1_000);
    assert.equal(await said(door, call), DEFAULT_ACCOUNT);
    assert.equal(await said(door, call), "SignatureNonceUsed");
    assert.equal(door.nonces.size, 2);
  });

  test("row 8: of calls without a route is kept no faster than the account's rate", async () => {
    const door = await openFixture({ throttling: { account: { perSecond: 1, burst: 2 } } });
    const key = await door.makeKey();
    for (let i = 0; i < 5; i++) {
      const caller = door.control.vet(signedCall(key, door.clock));
      assert.ok(!("code" in caller));
    }
    assert.equal(door.nonces.size, 2);
  });

  test("row 8: an account whose share is full waits, and another account does not", async () => {
    const limits = { reads: 1, changes: 1 };
    const nonces = new Nonces({ total: { reads: 0, changes: 0 }, floor: limits });
    const door = await openFixture({ nonces });
    const [ours, theirs] = [await door.makeKey(), await door.makeKey({ account: "200" })];
    assert.equal(await said(door, signedCall(ours, door.clock)), DEFAULT_ACCOUNT);
    const refused = await door.control.identify(signedCall(ours, door.clock));
    assert.ok("code" in refused);
    assert.deepEqual([refused.code, refused.retryAfterMs], ["Throttling", 60_000]);
    assert.equal(await said(door, signedCall(theirs, door.clock)), "200");
  });
});
