import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DEFAULT_ACCOUNT as ACCOUNT,
  type Fixture,
  type MadeKey,
  openFixture,
  signedCall,
} from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";

const allow = (Action: string, Resource = "*") => ({
  Version: "1",
  Statement: [{ Effect: "Allow", Action, Resource }],
});
const trust = (...RAM: string[]) => trustWith({ RAM });
const trustWith = (Principal: JsonObject, Condition?: JsonObject) => ({
  Version: "1",
  Statement: [
    { Effect: "Allow", Action: "sts:AssumeRole", Principal, ...(Condition && { Condition }) },
  ],
});
const user = (name: string) => `acs:ram::${ACCOUNT}:user/${name}`;

function as({ api, ring }: Fixture, accessKeyId: unknown, over: { secure?: boolean } = {}) {
  const id = String(accessKeyId);
  const actor = ring.entry(id)?.credential.principal ?? "";
  const author = { account: ACCOUNT, actor, accessKeyId: id, source: "192.0.2.1", requestId: "r" };
  return (action: string, parameters: JsonObject = {}) =>
    api.call(action, parameters, { ...author, ...over });
}

async function withUsers() {
  const fixture = await openFixture();
  const ada = await fixture.makeKey({ user: "ada" });
  const bob = await fixture.makeKey({ user: "bob" });
  const role = (parameters: JsonObject) =>
    fixture.asOperator("CreateRole", { role: "ops", ...parameters });
  return { ...fixture, fixture, ada, bob, role, by: as.bind(undefined, fixture) };
}

describe("a role's trust policy", () => {
  test("lets those assume the role whom it names", async () => {
    const { role, by, ada, bob } = await withUsers();
    await role({ assumeRolePolicyDocument: trust(user("ada")) });
    const made = await by(ada.accessKeyId)("AssumeRole", { role: "ops", sessionName: "night" });
    assert.equal(made["principal"], `acs:ram::${ACCOUNT}:assumed-role/ops/night`);
    assert.match(String(made["assumedRoleId"]), /^3\d{17}:night$/);
    await assert.rejects(by(bob.accessKeyId)("AssumeRole", { role: "ops" }), {
      code: "AccountMismatch",
      message: /the trust policy of the role ops does not let acs:ram::\d+:user\/bob assume it/,
    });
  });

  test("may name the account, a role, and conditions; Deny wins", async () => {
    const { role, asOperator, by, ada, bob } = await withUsers();
    const root = `acs:ram::${ACCOUNT}:root`;
    const all = trust(root).Statement;
    const deny = { ...all[0], Effect: "Deny", Principal: { RAM: user("bob") } };
    await role({ assumeRolePolicyDocument: { Version: "1", Statement: [...all, deny] } });
    await by(ada.accessKeyId)("AssumeRole", { role: `acs:ram::${ACCOUNT}:role/ops` });
    await assert.rejects(by(bob.accessKeyId)("AssumeRole", { role: "ops" }));
    const byRole = trust(`acs:ram::${ACCOUNT}:role/ops`);
    await asOperator("CreateRole", { role: "next", assumeRolePolicyDocument: byRole });
    const first = await by(ada.accessKeyId)("AssumeRole", { role: "ops" });
    await assert.rejects(by(ada.accessKeyId)("AssumeRole", { role: "next" }));
    // The role has no policy, so its key may do nothing, not even this, until it is given the right.
    await assert.rejects(by(first["accessKeyId"])("AssumeRole", { role: "next" }), {
      message: /do not allow sts:AssumeRole on acs:ram::\d+:role\/next/,
    });
    const document = allow("sts:AssumeRole", `acs:ram::${ACCOUNT}:role/next`);
    await asOperator("AttachPolicy", { name: "may", role: "ops", document });
    await by(first["accessKeyId"])("AssumeRole", { role: "next" });
    const secure = trustWith({ RAM: root }, { Bool: { "acs:SecureTransport": "true" } });
    await asOperator("UpdateRole", { role: "ops", assumeRolePolicyDocument: secure });
    await assert.rejects(by(ada.accessKeyId)("AssumeRole", { role: "ops" }));
    await by(ada.accessKeyId, { secure: true })("AssumeRole", { role: "ops" });
  });

  test("is refused with everything that is wrong with it", async () => {
    const { role } = await withUsers();
    const wrong: readonly (readonly [JsonObject, RegExp])[] = [
      [
        trust("acs:ram::999:root"),
        /Principal\.RAM has "acs:ram::999:root"; give root, a user or a role of the role's own account/,
      ],
      [trust("*"), /Principal\.RAM has "\*"/],
      [trust(`acs:ram::${ACCOUNT}:user/*`), /Principal\.RAM has /],
      [trustWith({ Service: ["not a service"] }), /Principal\.Service has "not a service"/],
      [trustWith({ AWS: "x" }), /Principal\.AWS is unknown/],
      [trustWith({}), /Principal is \{\}/],
      [allow("sts:AssumeRole"), /Resource is not part of a trust policy.*Principal is missing/],
      [
        { Version: "1", Statement: [{ ...trust(user("ada")).Statement[0], Action: "*" }] },
        /Action is "\*"; give "sts:AssumeRole"/,
      ],
      [{ Version: "2", Statement: [] }, /Version is "2"/],
      [trustWith({ RAM: user("ada") }, { Bool: { "acs:MFAPresent": "true" } }), /acs:MFAPresent/],
    ];
    for (const [assumeRolePolicyDocument, message] of wrong) {
      await assert.rejects(role({ assumeRolePolicyDocument }), {
        code: "InvalidParameter",
        message,
      });
    }
    await role({ assumeRolePolicyDocument: trustWith({ Service: "ecs.aliyuncs.com" }) });
  });

  test("of a role that nobody made is that of the whole account", async () => {
    const { by, ada, ring } = await withUsers();
    const made = await by(ada.accessKeyId)("AssumeRole", { role: "anything" });
    assert.deepEqual(ring.entry(String(made["accessKeyId"]))?.rights, {
      every: [{ link: { kind: "role", name: "anything" }, policies: [] }],
    });
    await assert.rejects(by(ada.accessKeyId)("AssumeRole", { role: "acs:ram::999:role/ops" }), {
      code: "ResourceNotFound",
    });
  });
});

describe("roles", () => {
  test("are listed, limited in time, and survive a restart", async () => {
    const { role, asOperator, by, ada, store } = await withUsers();
    await role({ maxSessionDuration: 900, description: "for nights" });
    await asOperator("AttachPolicy", { name: "p", role: "implied", document: allow("cs:*") });
    const { roles } = await asOperator("ListRoles");
    assert.deepEqual(
      (roles as readonly JsonObject[]).map((one) => [one["role"], one["implied"], one["policies"]]),
      [
        ["ops", undefined, []],
        ["implied", true, ["p"]],
      ],
    );
    await assert.rejects(
      by(ada.accessKeyId)("AssumeRole", { role: "ops", durationSeconds: 901 }),
      /at most 900/,
    );
    const again = await openFixture({ store });
    assert.equal(again.ring.role(ACCOUNT, "ops")?.maxSessionSeconds, 900);
    await assert.rejects(role({}), { code: "ResourceExists" });
  });

  test("end their temporary keys when they are deleted, also for a later role of the name", async () => {
    const { role, asOperator, by, ada, ring } = await withUsers();
    await role({});
    await asOperator("AttachPolicy", { name: "p", role: "ops", document: allow("*") });
    const made = await by(ada.accessKeyId)("AssumeRole", { role: "ops" });
    const id = String(made["accessKeyId"]);
    await assert.rejects(asOperator("DeleteRole", { role: "ops" }), /has the policies p/);
    await asOperator("DetachPolicy", { name: "p", role: "ops" });
    const deleted = await asOperator("DeleteRole", { role: "ops" });
    assert.equal(deleted["sessionsEnded"], 1);
    assert.equal(ring.entry(id), undefined);
  });

  test("sessions of a key or a role can all be revoked, with those that were made with them", async () => {
    const { asOperator, by, ada, bob, ring } = await withUsers();
    await asOperator("AttachPolicy", { name: "p", role: "ops", document: allow("*") });
    const first = await by(ada.accessKeyId)("AssumeRole", { role: "ops" });
    const second = await by(first["accessKeyId"])("AssumeRole");
    const other = await by(bob.accessKeyId)("AssumeRole");
    const left = () =>
      [first, second, other].map(({ accessKeyId }) => ring.key(String(accessKeyId)) !== undefined);
    assert.equal((await asOperator("RevokeSessions", { role: "ops" }))["sessionsEnded"], 2);
    assert.deepEqual(left(), [false, false, true]);
    await asOperator("RevokeSessions", { accessKeyId: bob.accessKeyId });
    assert.deepEqual(left(), [false, false, false]);
  });
});

describe("row 14: the name of a session", () => {
  test("is a label: acs:PrincipalArn is the role's or the user's", async () => {
    const { by, ada, asOperator, ring } = await withUsers();
    const arn = (made: JsonObject) => ring.entry(String(made["accessKeyId"]))?.principalArn;
    const plain = await by(ada.accessKeyId)("AssumeRole", { sessionName: "bob" });
    assert.equal(arn(plain), user("ada"));
    const withRole = await by(ada.accessKeyId)("AssumeRole", { role: "ops", sessionName: "bob" });
    assert.equal(arn(withRole), `acs:ram::${ACCOUNT}:role/ops`);
    await asOperator("AttachPolicy", { name: "p", role: "ops", document: allow("*") });
    const deeper = await by(withRole["accessKeyId"])("AssumeRole", { sessionName: "bob" });
    assert.equal(arn(deeper), `acs:ram::${ACCOUNT}:role/ops`);
    const operators = await asOperator("AssumeRole", { sessionName: "bob" });
    assert.equal(arn(operators), user(String(operators["accessKeyId"])));
  });

  test("makes nobody somebody else: two users with one role and one name are two", async () => {
    const { by, ada, bob, ring } = await withUsers();
    const actor = (made: JsonObject) =>
      ring.entry(String(made["accessKeyId"]))?.credential.principal;
    const chosen = { role: "ops", sessionName: "night" };
    const first = actor(await by(ada.accessKeyId)("AssumeRole", chosen));
    assert.equal(first, `acs:ram::${ACCOUNT}:assumed-role/ops/night/user/ada`);
    assert.notEqual(actor(await by(bob.accessKeyId)("AssumeRole", chosen)), first);
    assert.equal(actor(await by(ada.accessKeyId)("AssumeRole", chosen)), first);
  });
});

describe("whoami", () => {
  test("tells every key who it is, until when, and what holds it", async () => {
    const { by, ada, asOperator, clock } = await withUsers();
    assert.deepEqual(await by(ada.accessKeyId)("GetCallerIdentity"), {
      account: ACCOUNT,
      identityType: "RAMUser",
      principal: user("ada"),
      userName: "ada",
      principalArn: user("ada"),
      actor: user("ada"),
      accessKeyId: ada.accessKeyId,
      temporary: false,
      rights: "full",
    });
    await asOperator("AttachPolicy", { name: "p", role: "ops", document: allow("cs:*") });
    const made = await by(ada.accessKeyId)("AssumeRole", {
      role: "ops",
      sessionName: "night",
      policy: allow("cs:Describe*"),
    });
    const told = await by(made["accessKeyId"])("GetCallerIdentity");
    assert.equal(told["identityType"], "AssumedRoleUser");
    assert.equal(told["principal"], `acs:ram::${ACCOUNT}:assumed-role/ops/night`);
    assert.equal(told["principalId"], made["assumedRoleId"]);
    assert.deepEqual(told["rights"], [["p"], ["(session policy)"]]);
    assert.equal(told["expiration"], new Date(clock.now() + 3_600_000).toISOString());
    assert.equal((await asOperator("GetCallerIdentity"))["identityType"], "Operator");
  });
});

describe("row 14: the task that somebody started", () => {
  test("may be read by who started it, and by nobody who chose the same role and name", async () => {
    const started = `acs:ram::${ACCOUNT}:assumed-role/ops/night/user/ada`;
    const task = { account: ACCOUNT, actor: started, target: { id: "c1" }, attributes: {} };
    const fixture = await openFixture({ tasks: { "T-1": task as never } });
    const { makeKey, asOperator, control, clock } = fixture;
    const document = allow("cs:ScaleOutCluster");
    await asOperator("AttachPolicy", { name: "start", role: "ops", document });
    const said = async (user: string) => {
      const maker = as(fixture, (await makeKey({ user })).accessKeyId);
      const made = await maker("AssumeRole", { role: "ops", sessionName: "night" });
      const path = { task_id: "T-1" };
      const answer = await control.identify(
        signedCall(made as unknown as MadeKey, clock, { path, action: "DescribeTaskInfo" }),
      );
      return "code" in answer ? answer.code : "in";
    };
    assert.equal(await said("ada"), "in");
    assert.equal(await said("bob"), "Forbidden.RAM");
  });
});
