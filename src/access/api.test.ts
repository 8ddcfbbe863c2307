import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_ACCOUNT, type Fixture, openFixture } from "../../test/support/access-fixture.ts";
import type { JsonObject } from "../core/json.ts";

/** Calls the API as a key does that is let in. */
function as({ api, ring }: Fixture, accessKeyId: string) {
  const key = ring.key(accessKeyId);
  const author = {
    account: key?.account ?? "",
    actor: key?.principal ?? "",
    accessKeyId,
    source: "192.0.2.1",
    requestId: "r",
  };
  return (action: string, parameters: JsonObject = {}) => api.call(action, parameters, author);
}

const ALLOW_ALL = { Version: "1", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const list = (result: JsonObject, name: string) => result[name] as readonly JsonObject[];

describe("access keys", () => {
  test("look like the vendor's", async () => {
    const { makeKey, asOperator } = await openFixture();
    const { accessKeyId, accessKeySecret } = await makeKey();
    assert.match(accessKeyId, /^LTAI[A-Za-z0-9]{20}$/);
    assert.match(accessKeySecret, /^[A-Za-z0-9]{30}$/);
    const session = await asOperator("AssumeRole");
    assert.match(String(session["accessKeyId"]), /^STS\.[A-Za-z0-9]{20}$/);
    assert.match(String(session["securityToken"]), /^CAIS[\w-]{128}$/);
  });

  test("are listed without their secrets", async () => {
    const { makeKey, asOperator } = await openFixture();
    const { accessKeySecret } = await makeKey();
    const session = await asOperator("AssumeRole", { durationSeconds: 60 });
    const listed = await asOperator("ListAccessKeys");
    assert.equal(list(listed, "keys").length, 2);
    const text = JSON.stringify(listed);
    for (const secret of [accessKeySecret, session["accessKeySecret"], session["securityToken"]]) {
      assert.ok(!text.includes(String(secret)));
    }
  });

  test("a key for a new account also makes the account, with its world", async () => {
    const { makeKey, asOperator, accountsMade } = await openFixture();
    assert.equal((await makeKey({ account: "200" })).account, "200");
    assert.deepEqual(accountsMade, ["200"]);
    await makeKey({ account: "200" });
    assert.deepEqual(accountsMade, ["200"]);
    assert.deepEqual(
      list(await asOperator("ListAccounts"), "accounts").map(({ account }) => account),
      ["200"],
    );
  });

  test("a temporary key is valid for at most twelve hours, and not longer than the key it was made with", async () => {
    const fixture = await openFixture();
    const { asOperator, clock } = fixture;
    await assert.rejects(asOperator("AssumeRole", { durationSeconds: 43_201 }), {
      code: "InvalidParameter",
      message: /whole number from 1 to 43200/,
    });
    const parent = await asOperator("AssumeRole", { durationSeconds: 60 });
    const child = await as(fixture, String(parent["accessKeyId"]))("AssumeRole", {
      durationSeconds: 600,
    });
    assert.equal(Date.parse(String(child["expiration"])), clock.now() + 60_000);
  });

  test("temporary keys that ended long ago are dropped when new ones are made", async () => {
    const { asOperator, clock, ring } = await openFixture();
    await asOperator("AssumeRole", { durationSeconds: 60 });
    clock.jump(3_600_000);
    await asOperator("AssumeRole");
    assert.equal(ring.keys.length, 2);
    clock.jump(24 * 3_600_000);
    await asOperator("AssumeRole");
    assert.equal(ring.keys.length, 2);
  });
});

describe("a caller of the access API", () => {
  test("sees and changes only its own account; another account answers as if it did not exist", async () => {
    const fixture = await openFixture();
    const own = await fixture.makeKey({ account: "200" });
    const other = await fixture.makeKey({ account: "300" });
    const call = as(fixture, own.accessKeyId);
    assert.deepEqual(
      list(await call("ListAccessKeys"), "keys").map(({ accessKeyId }) => accessKeyId),
      [own.accessKeyId],
    );
    assert.deepEqual(
      list(await call("ListAccounts"), "accounts").map(({ account }) => account),
      ["200"],
    );
    const told = async (action: string, parameters: JsonObject) => {
      const error = await call(action, parameters).then(
        () => assert.fail("was let through"),
        (reason: Error) => reason.message,
      );
      return error;
    };
    const same = (text: string, id: string) => text.replaceAll(id, "ID");
    const unknownKey = await told("DeleteAccessKey", { accessKeyId: "LTAInobody" });
    const foreignKey = await told("DeleteAccessKey", { accessKeyId: other.accessKeyId });
    assert.equal(same(foreignKey, other.accessKeyId), same(unknownKey, "LTAInobody"));
    for (const [action, more] of [
      ["CreateAccessKey", {}],
      ["ListAccessKeys", {}],
      ["ListPolicies", {}],
      ["AssumeRole", {}],
      ["AttachPolicy", { name: "p", role: "r", document: ALLOW_ALL }],
    ] as const) {
      const foreign = await told(action, { ...more, account: "300" });
      assert.equal(
        same(foreign, "300"),
        same(await told(action, { ...more, account: "400" }), "400"),
        action,
      );
    }
    assert.deepEqual(list(await call("ListAudit", { account: "300" }), "entries"), []);
  });

  test("makes keys for its own account, unless it is temporary", async () => {
    const fixture = await openFixture();
    const own = await fixture.makeKey({ account: "200" });
    const made = await as(fixture, own.accessKeyId)("CreateAccessKey");
    assert.equal(made["account"], "200");
    const session = await as(fixture, own.accessKeyId)("AssumeRole");
    await assert.rejects(as(fixture, String(session["accessKeyId"]))("CreateAccessKey"), {
      code: "AccountMismatch",
    });
    await assert.rejects(as(fixture, own.accessKeyId)("CreateAccount"), {
      code: "AccountMismatch",
    });
    await assert.rejects(as(fixture, own.accessKeyId)("VerifyAudit"), { code: "AccountMismatch" });
  });

  test("with a policy cannot remove the policy", async () => {
    const fixture = await openFixture();
    const { accessKeyId } = await fixture.makeKey();
    await fixture.asOperator("AttachPolicy", { name: "p", document: ALLOW_ALL, accessKeyId });
    const call = as(fixture, accessKeyId);
    await assert.rejects(call("DetachPolicy", { name: "p", accessKeyId }), {
      code: "AccountMismatch",
    });
    await assert.rejects(call("CreateAccessKey"), { code: "AccountMismatch" });
    const session = await call("AssumeRole");
    assert.deepEqual(fixture.ring.entry(String(session["accessKeyId"]))?.rights, {
      every: [
        {
          link: { kind: "key", name: accessKeyId },
          policies: fixture.ring.attachedTo(DEFAULT_ACCOUNT, "key", accessKeyId),
        },
      ],
    });
  });

  test("gets a message that says what is wrong", async () => {
    const { asOperator } = await openFixture();
    const under = (Condition: JsonObject) => ({
      Version: "1",
      Statement: [{ Effect: "Deny", Action: "*", Resource: "*", Condition }],
    });
    const wrong: readonly (readonly [string, JsonObject, RegExp])[] = [
      ["Nothing", {}, /^Nothing is none of: CreateAccount, /],
      [
        "CreateAccessKey",
        { acount: "200" },
        /^acount is no parameter here; known are: user, account, networks, expiresInSeconds$/,
      ],
      ["CreateAccessKey", { account: "a b" }, /^account is "a b"; give 1 to 64 letters/],
      ["DisableAccessKey", {}, /^accessKeyId is missing/],
      ["AttachPolicy", { name: "p", document: ALLOW_ALL }, /give either accessKeyId or role$/],
      ["AttachPolicy", { name: "p", role: "r" }, /^the policy p does not exist$/],
      [
        "AttachPolicy",
        { name: "p", role: "r", document: { Version: "2", Statement: [] } },
        /Version is "2", expected "1"; Statement is \[\]/,
      ],
      [
        "AttachPolicy",
        { name: "p", role: "r", document: under({ Bool: { "acs:MFAPresent": "false" } }) },
        /Statement\[0\]\.Condition\.Bool has the key "acs:MFAPresent", expected one of acs:SourceIp, /,
      ],
      [
        "AssumeRole",
        { role: "r", policy: under({ IpAddress: { "acs:sourceip": "10.0.0.0/8" } }) },
        /has the key "acs:sourceip", expected one of acs:SourceIp, /,
      ],
    ];
    for (const [action, parameters, message] of wrong) {
      await assert.rejects(asOperator(action, parameters), { message });
    }
  });
});

describe("policies", () => {
  test("are explained by the statement that decides", async () => {
    const { asOperator, makeKey } = await openFixture();
    const { accessKeyId } = await makeKey();
    const ask = (action: string) => asOperator("ExplainPolicy", { accessKeyId, action });
    assert.deepEqual(await ask("cs:ScaleOutCluster"), {
      action: "cs:ScaleOutCluster",
      resource: "*",
      allowed: true,
      decidedBy: "no policy is attached: full access to its own account",
      asked: [
        {
          action: "cs:ScaleOutCluster",
          resource: "*",
          allowed: true,
          decidedBy: "no policy is attached: full access to its own account",
          links: [],
        },
      ],
    });
    const deny = { Effect: "Deny", Action: "cs:Scale*", Resource: "*" };
    const document = { Version: "1", Statement: [...ALLOW_ALL.Statement, deny] };
    await asOperator("AttachPolicy", { name: "p", document, accessKeyId });
    const { statement, asked, ...rest } = await ask("cs:ScaleOutCluster");
    assert.deepEqual(statement, deny);
    const named = { action: "cs:ScaleOutCluster", resource: "*" };
    const link = { kind: "key", name: accessKeyId };
    const decided = { allowed: false, link, decidedBy: "p", statementIndex: 1 };
    assert.deepEqual(rest, { ...named, ...decided });
    const whole = { ...decided, statement: deny };
    assert.deepEqual(asked, [{ ...named, ...whole, links: [whole] }]);
    assert.equal((await ask("cs:DescribeTaskInfo"))["allowed"], true);
    const role = await asOperator("ExplainPolicy", {
      role: "nobody",
      action: "cs:DescribeTaskInfo",
    });
    assert.deepEqual([role["allowed"], role["decidedBy"]], [false, "no statement matches"]);
  });

  test("that are attached cannot be deleted, because their keys could then do more", async () => {
    const { asOperator, makeKey } = await openFixture();
    const { accessKeyId } = await makeKey();
    await asOperator("AttachPolicy", { name: "p", document: ALLOW_ALL, accessKeyId });
    await assert.rejects(asOperator("DeletePolicy", { name: "p" }), {
      code: "ResourceBusy",
      message: `the policy p is attached to key ${accessKeyId}; detach it first`,
    });
    await asOperator("DetachPolicy", { name: "p", accessKeyId });
    await asOperator("DeletePolicy", { name: "p" });
    assert.deepEqual(list(await asOperator("ListPolicies"), "policies"), []);
  });
});

describe("the audit", () => {
  test("has every change of keys in the account of the key, and shows each account its own", async () => {
    const fixture = await openFixture();
    const own = await fixture.makeKey({ account: "200" });
    await fixture.makeKey({ account: "300" });
    const { entries } = await as(fixture, own.accessKeyId)("ListAudit");
    assert.deepEqual(
      (entries as readonly JsonObject[]).map(({ account, action, actor }) => [
        account,
        action,
        actor,
      ]),
      [["200", "taskscribe:CreateAccessKey", "operator"]],
    );
    assert.equal(list(await fixture.asOperator("ListAudit"), "entries").length, 2);
  });

  test("pages, newest or oldest first", async () => {
    const { asOperator, makeKey } = await openFixture();
    for (let i = 0; i < 5; i++) await makeKey();
    const seqs = async (parameters: JsonObject) =>
      list(await asOperator("ListAudit", parameters), "entries").map(({ seq }) => seq);
    assert.deepEqual(await seqs({ limit: 2 }), [1, 2]);
    assert.deepEqual(await seqs({ limit: 2, after: 2 }), [3, 4]);
    assert.deepEqual(await seqs({ limit: 2, order: "newest" }), [5, 4]);
    assert.deepEqual(await seqs({ limit: 2, order: "newest", after: 4 }), [3, 2]);
  });

  test("is verified as intact, and still has an entry that was noted before", async () => {
    const { asOperator, makeKey } = await openFixture();
    await makeKey();
    const { head } = await asOperator("VerifyAudit");
    await makeKey();
    const verified = await asOperator("VerifyAudit", { head: String(head) });
    assert.deepEqual([verified["entries"], verified["intact"]], [2, true]);
    const other = await asOperator("VerifyAudit", { head: "0".repeat(64) });
    assert.match(String(other["broken"]), /not in the chain any more/);
  });
});

test("the default account of the operator is the account that off uses", async () => {
  const { makeKey } = await openFixture();
  assert.equal((await makeKey()).account, DEFAULT_ACCOUNT);
});
