import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  accessCall,
  DEFAULT_ACCOUNT,
  type Fixture,
  type FixtureOptions,
  OPERATOR_TOKEN,
  openFixture,
  signedCall,
} from "../../test/support/access-fixture.ts";
import type { AccessCall } from "./call.ts";

const MINUTE = 60_000;

/** What the door says: an account, or the code of the refusal. */
async function said({ control }: Pick<Fixture, "control">, call: AccessCall): Promise<string> {
  const answer = await control.identify(call);
  return "code" in answer ? answer.code : answer.account;
}

const scaleOut = {
  method: "POST",
  target: "/api/v2/clusters/c1",
  action: "ScaleOutCluster",
  path: { ClusterId: "c1" },
} as const;

describe("off", () => {
  test("lets everyone in as one account", async () => {
    const door = await openFixture({ mode: "off" });
    assert.equal(await said(door, accessCall()), DEFAULT_ACCOUNT);
    assert.equal(
      await said(door, accessCall({ headers: { authorization: "acs x:y" } })),
      DEFAULT_ACCOUNT,
    );
  });

  test("lets nobody manage keys", async () => {
    const door = await openFixture({ mode: "off" });
    const keys = { dialect: "access", action: "ListAccessKeys", method: "POST" };
    assert.equal(await said(door, accessCall(keys)), "IncompleteSignature");
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    assert.equal(await said(door, accessCall({ ...keys, headers, local: true })), DEFAULT_ACCOUNT);
    assert.equal(await said(door, accessCall({ ...keys, headers })), "IncompleteSignature");
    const wrong = { authorization: `Bearer ${OPERATOR_TOKEN}x` };
    assert.equal(
      await said(door, accessCall({ ...keys, headers: wrong, local: true })),
      "IncompleteSignature",
    );
  });
});

describe("known", () => {
  test("requires a key that exists and is enabled, without a proof", async () => {
    const door = await openFixture({ mode: "known" });
    const key = await door.makeKey({ account: "200" });
    const authorization = `acs ${key.accessKeyId}:anything`;
    const call = () => accessCall({ headers: { authorization } });
    assert.equal(await said(door, call()), "200");
    assert.equal(await said(door, accessCall()), "IncompleteSignature");
    const unknown = accessCall({ headers: { authorization: "acs LTAInobody:x" } });
    assert.equal(await said(door, unknown), "InvalidAccessKeyId.NotFound");
    await door.asOperator("DisableAccessKey", { accessKeyId: key.accessKeyId });
    assert.equal(await said(door, call()), "InvalidAccessKeyId.Inactive");
  });

  test("still requires a signature for managing keys", async () => {
    const door = await openFixture({ mode: "known" });
    const { accessKeyId } = await door.makeKey();
    const headers = { authorization: `acs ${accessKeyId}:anything` };
    const call = accessCall({
      dialect: "access",
      action: "ListAccessKeys",
      method: "POST",
      headers,
    });
    assert.notEqual(await said(door, call), DEFAULT_ACCOUNT);
  });
});

describe("strict", () => {
  test("lets a signed call in as its key's account and user", async () => {
    const door = await openFixture();
    const key = await door.makeKey({ account: "200", user: "ada" });
    const call = signedCall(key, door.clock);
    assert.deepEqual(await door.control.identify(call), {
      account: "200",
      requestId: call.requestId,
      actor: "acs:ram::200:user/ada",
      accessKeyId: key.accessKeyId,
    });
  });

  test("shows both strings of ACS3 when the signature is wrong", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const wrong = { ...key, accessKeySecret: "another" };
    const answer = await door.control.identify(signedCall(wrong, door.clock));
    assert.ok("code" in answer);
    assert.equal(answer.code, "SignatureDoesNotMatch");
    assert.match(
      answer.message,
      /^Specified signature does not match our calculation\. server StringToSign is \[ACS3-HMAC-SHA256\n[0-9a-f]{64}\] server CanonicalRequest is \[GET\n\/tasks\/T-1\n/,
    );
    assert.ok(!answer.message.includes(key.accessKeySecret));
  });

  test("refuses in the order of the contract", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const late = 15 * MINUTE + 1_000;
    const wrong = { ...key, accessKeySecret: "another" };
    const nobody = { ...key, accessKeyId: "LTAInobody" };
    const session = (await door.asOperator("AssumeRole", {
      durationSeconds: 60,
    })) as never as typeof key;
    const { securityToken: _, ...withoutToken } = session;
    const cases: Record<string, AccessCall> = {
      "InvalidAccessKeyId.NotFound": signedCall(nobody, door.clock, { skewMs: late }),
      "InvalidTimeStamp.Expired": signedCall(wrong, door.clock, { skewMs: -late }),
      SignatureDoesNotMatch: signedCall(wrong, door.clock, { nonce: "used" }),
      MissingSecurityToken: signedCall(withoutToken, door.clock, { skewMs: late }),
      "InvalidSecurityToken.MismatchWithAccessKey": signedCall(
        { ...session, securityToken: "CAISx" },
        door.clock,
      ),
    };
    for (const [code, call] of Object.entries(cases)) assert.equal(await said(door, call), code);
    assert.equal(await said(door, signedCall(session, door.clock)), DEFAULT_ACCOUNT);
    door.clock.jump(MINUTE);
    assert.equal(await said(door, signedCall(session, door.clock)), "InvalidSecurityToken.Expired");
    await door.asOperator("DisableAccessKey", { accessKeyId: key.accessKeyId });
    assert.equal(
      await said(door, signedCall(key, door.clock, { skewMs: late })),
      "InvalidAccessKeyId.Inactive",
    );
  });

  test("refuses a header that was sent twice, which Node's headers hide", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const signed = signedCall(key, door.clock);
    for (const name of ["host", "authorization", "x-acs-date", "x-acs-version"]) {
      const rawHeaders = [...signed.rawHeaders, name, "again"];
      const headers =
        name === "x-acs-version" ? { ...signed.headers, [name]: "again" } : signed.headers;
      const answer = await said(door, { ...signed, headers, rawHeaders });
      assert.match(answer, /SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp/, name);
    }
  });

  test("does not accept the account of off without a signed call", async () => {
    const door = await openFixture();
    assert.equal(await said(door, accessCall()), "IncompleteSignature");
    const rpc = accessCall({
      dialect: "lingjun",
      action: "DescribeTask",
      method: "POST",
      target: "/?Action=DescribeTask",
    });
    assert.equal(await said(door, rpc), "MissingAccessKeyId");
  });
});

describe("a nonce", () => {
  test("is accepted once", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const call = signedCall(key, door.clock);
    assert.equal(await said(door, call), DEFAULT_ACCOUNT);
    assert.equal(await said(door, call), "SignatureNonceUsed");
    // With another date it is still the same nonce.
    const nonce = "n-1";
    assert.equal(await said(door, signedCall(key, door.clock, { nonce })), DEFAULT_ACCOUNT);
    const later = signedCall(key, door.clock, { nonce, skewMs: MINUTE });
    assert.equal(await said(door, later), "SignatureNonceUsed");
    assert.equal(
      await said(door, signedCall(await door.makeKey(), door.clock, { nonce })),
      DEFAULT_ACCOUNT,
    );
  });

  test("is not used up by a forged call", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const forged = { ...key, accessKeySecret: "guess" };
    assert.equal(
      await said(door, signedCall(forged, door.clock, { nonce: "n" })),
      "SignatureDoesNotMatch",
    );
    assert.equal(await said(door, signedCall(key, door.clock, { nonce: "n" })), DEFAULT_ACCOUNT);
  });

  test("with a date in the future is refused for as long as its date is valid", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const call = signedCall(key, door.clock, { skewMs: 15 * MINUTE });
    assert.equal(await said(door, call), DEFAULT_ACCOUNT);
    for (let minute = 1; minute < 30; minute++) {
      await door.clock.advance(MINUTE);
      assert.equal(await said(door, call), "SignatureNonceUsed", `after ${minute} minutes`);
    }
    await door.clock.advance(MINUTE);
    assert.equal(await said(door, call), "InvalidTimeStamp.Expired");
  });

  test("of a change is refused after a crash, once it was answered", async () => {
    const before = await openFixture();
    const key = await before.makeKey();
    const call = signedCall(key, before.clock, scaleOut);
    const caller = await before.control.identify(call);
    assert.ok(!("code" in caller));
    await before.control.conclude(call, caller, { status: 202 });
    // A crash: nothing is closed, no timer fires.
    const after = await openFixture({ store: before.store, clock: before.clock });
    assert.equal(await said(after, call), "SignatureNonceUsed");
  });

  test("of a read is refused after a crash, 50 ms later at the latest", async () => {
    const before = await openFixture();
    const key = await before.makeKey();
    const call = signedCall(key, before.clock);
    await said(before, call);
    await before.clock.advance(50);
    const after = await openFixture({ store: before.store, clock: before.clock });
    assert.equal(await said(after, call), "SignatureNonceUsed");
  });

  test("is forgotten in the store when its date is too old", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    await said(door, signedCall(key, door.clock));
    await door.clock.advance(50);
    assert.equal((await door.store.readNonces(0)).length, 1);
    await door.clock.advance(20 * MINUTE);
    await said(door, signedCall(key, door.clock));
    await door.clock.advance(50);
    assert.equal((await door.store.readNonces(0)).length, 1);
  });
});

async function done(door: Fixture, call: AccessCall, status = 202) {
  const caller = await door.control.identify(call);
  if ("code" in caller) {
    await door.control.conclude(call, undefined, { status: caller.status, problem: caller });
    return caller.code;
  }
  return door.control.conclude(call, caller, { status });
}

describe("limits", () => {
  const limited: FixtureOptions = {
    throttling: { changes: { perSecond: 1, burst: 1 } },
    quotas: { openTasks: 5 },
  };

  test("throttling comes after the signature, and says how long to wait", async () => {
    const door = await openFixture(limited);
    const key = await door.makeKey();
    assert.equal(await said(door, signedCall(key, door.clock, scaleOut)), DEFAULT_ACCOUNT);
    const answer = await door.control.identify(signedCall(key, door.clock, scaleOut));
    assert.ok("code" in answer);
    assert.deepEqual([answer.code, answer.retryAfterMs], ["Throttling.Api", 1_000]);
    const forged = { ...key, accessKeySecret: "guess" };
    assert.equal(
      await said(door, signedCall(forged, door.clock, scaleOut)),
      "SignatureDoesNotMatch",
    );
    assert.equal(await said(door, signedCall(key, door.clock)), DEFAULT_ACCOUNT);
  });

  test("a quota warns in a header, then refuses", async () => {
    const door = await openFixture({ quotas: { openTasks: 5 } });
    const key = await door.makeKey();
    const answers = [];
    for (let i = 0; i < 6; i++) {
      const call = signedCall(key, door.clock, scaleOut);
      const caller = await door.control.identify(call);
      if ("code" in caller) {
        answers.push(caller.code);
        continue;
      }
      door.quotas.submitted(caller.account);
      answers.push(await door.control.conclude(call, caller, { status: 202 }));
    }
    const warning = (text: string) => ({ "x-taskscribe-quota-warning": text });
    assert.deepEqual(answers, [
      undefined,
      undefined,
      undefined,
      warning("4 of 5 open tasks"),
      warning("5 of 5 open tasks"),
      "QuotaExceeded.OpenTasks",
    ]);
  });
});

describe("the audit", () => {
  test("has every change before its answer, and no read", async () => {
    const door = await openFixture();
    const key = await door.makeKey({ user: "ada" });
    await done(door, signedCall(key, door.clock), 200);
    const call = signedCall(key, door.clock, scaleOut);
    door.usage.committed(
      { id: "T-9", account: DEFAULT_ACCOUNT, state: "pending", requestId: call.requestId } as never,
      [{ type: "TaskSubmitted" } as never],
    );
    await done(door, call);
    const [, entry, ...more] = await door.audit();
    assert.deepEqual(more, []);
    const { seq: _, previous, hash, ...told } = entry ?? {};
    assert.deepEqual(told, {
      at: door.clock.now(),
      account: DEFAULT_ACCOUNT,
      actor: `acs:ram::${DEFAULT_ACCOUNT}:user/ada`,
      accessKeyId: key.accessKeyId,
      source: "192.0.2.1",
      action: "cs:ScaleOutCluster",
      resource: `acs:cs:cn-hangzhou:${DEFAULT_ACCOUNT}:cluster/c1`,
      requestId: call.requestId,
      outcome: "done",
      status: 202,
      code: "",
      reason: "",
      taskId: "T-9",
      count: 1,
    });
  });

  test("has a change that the product refused as failed", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const call = signedCall(key, door.clock, scaleOut);
    const caller = await door.control.identify(call);
    assert.ok(!("code" in caller));
    await door.control.conclude(call, caller, { status: 400, problem: { code: "ResourceBusy" } });
    const entry = (await door.audit()).at(-1);
    assert.deepEqual([entry?.outcome, entry?.status, entry?.code], ["failed", 400, "ResourceBusy"]);
  });

  test("has every refusal within 50 ms, with the key and the reason", async () => {
    const door = await openFixture({ throttling: { reads: { perSecond: 1, burst: 1 } } });
    const key = await door.makeKey({ account: "200" });
    const forged = { ...key, accessKeySecret: "guess" };
    await done(door, accessCall());
    await done(door, signedCall(forged, door.clock));
    await done(door, signedCall(key, door.clock), 200);
    await done(door, signedCall(key, door.clock), 200);
    await door.clock.advance(50);
    const refused = (await door.audit()).filter(({ outcome }) => outcome === "refused");
    assert.deepEqual(
      refused.map(({ account, actor, accessKeyId, code, reason }) => [
        account,
        actor,
        accessKeyId,
        code,
        reason,
      ]),
      [
        ["", "", "", "IncompleteSignature", "incomplete-signature"],
        ["200", "", key.accessKeyId, "SignatureDoesNotMatch", "wrong-signature"],
        [
          "200",
          `acs:ram::200:user/${key.accessKeyId}`,
          key.accessKeyId,
          "Throttling.Api",
          "throttled-by-api",
        ],
      ],
    );
  });

  test("never has a secret that was sent instead of an id", async () => {
    const door = await openFixture();
    const { accessKeyId, accessKeySecret } = await door.makeKey();
    const swapped = { accessKeyId: accessKeySecret, accessKeySecret: accessKeyId, account: "" };
    assert.equal(await done(door, signedCall(swapped, door.clock)), "InvalidAccessKeyId.NotFound");
    await door.clock.advance(50);
    assert.ok(!JSON.stringify(await door.audit()).includes(accessKeySecret));
  });

  test("has what the forward proxy refused, in no account", async () => {
    const { control, clock, audit } = await openFixture();
    const refusal = {
      source: "192.0.2.1",
      requestId: "r",
      status: 403,
      code: "Forbidden.ProxyHost",
    };
    control.hostRefused({ ...refusal, target: "example.com:443" });
    await clock.advance(50);
    const [entry] = await audit();
    const { account, action, resource, source, outcome, status, code, reason } = entry ?? {};
    assert.deepEqual(
      [account, action, resource, source, outcome, status, code, reason],
      [
        "",
        "taskscribe:ForwardProxy",
        "example.com:443",
        "192.0.2.1",
        "refused",
        403,
        "Forbidden.ProxyHost",
        "host-not-served",
      ],
    );
  });

  test("is written after the answer while callers are anonymous", async () => {
    const door = await openFixture({ mode: "off" });
    const extra = await done(door, accessCall(scaleOut));
    assert.equal(extra, undefined);
    assert.equal((await door.audit()).length, 0);
    await door.clock.advance(50);
    assert.equal((await door.audit())[0]?.actor, "anonymous");
  });
});

describe("a key that becomes invalid", () => {
  const watched = async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const watch = async (made: typeof key, over = {}) => {
      const call = signedCall(made, door.clock, over);
      const caller = await door.control.identify(call);
      assert.ok(!("code" in caller));
      const told: string[] = [];
      const callOff = door.control.watch(call, caller, ({ code }) => told.push(code));
      return { told, callOff };
    };
    return { door, key, watch };
  };

  test("ends its open waits when it is disabled or deleted, or its parent is", async () => {
    const { door, key, watch } = await watched();
    const other = await watch(await door.makeKey());
    const own = await watch(key);
    const calledOff = await watch(key);
    calledOff.callOff?.();
    await door.asOperator("DisableAccessKey", { accessKeyId: key.accessKeyId });
    assert.deepEqual(own.told, ["InvalidAccessKeyId.Inactive"]);
    assert.deepEqual([...other.told, ...calledOff.told], []);
    own.callOff?.();
    await door.asOperator("EnableAccessKey", { accessKeyId: key.accessKeyId });
    const again = await watch(key);
    await door.asOperator("DeleteAccessKey", { accessKeyId: key.accessKeyId });
    assert.deepEqual(again.told, ["InvalidAccessKeyId.NotFound"]);
  });

  test("ends its open waits when it expires", async () => {
    const { door, watch } = await watched();
    const session = await door.asOperator("AssumeRole", { durationSeconds: 60 });
    const own = await watch(session as never);
    await door.clock.advance(59_999);
    assert.deepEqual(own.told, []);
    await door.clock.advance(1);
    assert.deepEqual(own.told, ["InvalidSecurityToken.Expired"]);
  });

  test("lets a change that has begun finish", async () => {
    const { key, watch } = await watched();
    assert.equal((await watch(key, scaleOut)).callOff, undefined);
  });
});
