import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_ACCOUNT, openFixture } from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";
import { FaultError } from "../../message/fault.ts";
import type { RightsTask } from "../../task-rights.ts";

/* The rights that a caller keeps with work that goes on after its call: bulk operations, webhooks, streams. */

const ADDRESS = "192.0.2.1";
const allow = (Action: string, more: JsonObject = {}) => ({
  Effect: "Allow",
  Action,
  Resource: "*",
  ...more,
});
const deny = (Action: string, Resource = "*") => ({ Effect: "Deny", Action, Resource });
const own = (id: string) => `acs:taskscribe:*:*:task/${id}`;
const cluster = (id: string) => `acs:cs:*:*:cluster/${id}`;

const TASK: RightsTask = {
  id: "T-1",
  actor: `acs:ram::${DEFAULT_ACCOUNT}:user/somebody`,
  product: "ack",
  type: "cluster_scaleout",
  target: { type: "nodepool", id: "np-1" },
  attributes: { clusterId: "c1", operation: "ScaleOutCluster" },
};
const MINE = { ...TASK, actor: `acs:ram::${DEFAULT_ACCOUNT}:user/ada` };

/** The rights of a key with these statements, called from one address. */
async function withKey(...statements: JsonObject[]) {
  const fixture = await openFixture();
  const { accessKeyId } = await fixture.makeKey({ user: "ada" });
  const attach = (...Statement: JsonObject[]) =>
    fixture.asOperator("AttachPolicy", {
      name: "p",
      accessKeyId,
      document: { Version: "1", Statement },
    });
  if (statements.length > 0) await attach(...statements);
  const maker = { accessKeyId, source: ADDRESS, secure: false };
  const rights = fixture.control.rightsOf(DEFAULT_ACCOUNT, maker);
  const said = (action: string, task: RightsTask = TASK) => reasonOf(rights.refusal(action, task));
  const start = async (task: RightsTask) => reasonOf(await rights.startRefusal("SubmitTask", task));
  return { ...fixture, accessKeyId, rights, attach, said, start };
}

/** Why, in the audit's words; undefined: it is allowed. */
function reasonOf(error: Error | undefined): string | undefined {
  if (error === undefined) return undefined;
  assert.ok(error instanceof FaultError);
  return "reason" in error.fault ? String(error.fault.reason) : error.fault.code;
}

describe("a caller's rights on a task", () => {
  test("are all of a key that nothing limits", async () => {
    const { said, start } = await withKey();
    for (const action of ["GetTask", "CancelTask"]) assert.equal(said(action), undefined);
    assert.equal(await start(TASK), undefined);
  });

  test("need our own action on the task and the product's on its cluster", async () => {
    const both = await withKey(allow("taskscribe:*"), allow("cs:*"));
    assert.equal(both.said("CancelTask"), undefined);
    const ownAlone = await withKey(allow("taskscribe:*"));
    assert.equal(ownAlone.said("CancelTask"), "not-allowed-by-policy");
    const productAlone = await withKey(allow("cs:*"));
    assert.equal(productAlone.said("CancelTask"), "not-allowed-by-policy");
    const denied = await withKey(allow("*"), deny("cs:Cancel*", cluster("c1")));
    assert.equal(denied.said("CancelTask"), "denied-by-policy");
    const elsewhere = { ...TASK, attributes: { clusterId: "c2" } };
    assert.equal(denied.said("CancelTask", elsewhere), undefined);
    const other = await withKey(allow("*"), deny("*", own("T-2")));
    assert.equal(other.said("CancelTask"), undefined);
    assert.equal(other.said("CancelTask", { ...TASK, id: "T-2" }), "denied-by-policy");
  });

  test("of a task without a product are our own alone", async () => {
    const { said } = await withKey(allow("taskscribe:GetTask"));
    const plain = { ...TASK, product: "native" };
    assert.equal(said("GetTask", plain), undefined);
    assert.equal(said("CancelTask", plain), "not-allowed-by-policy");
  });

  test("include reading what the caller started, unless a statement denies it, and no change of it", async () => {
    const { said } = await withKey(allow("ecs:*"));
    assert.equal(said("GetTask", MINE), undefined);
    assert.equal(said("ExportTask", MINE), undefined);
    assert.equal(said("CancelTask", MINE), "not-allowed-by-policy");
    assert.equal(said("GetTask"), "not-allowed-by-policy");
    const denied = await withKey(allow("*"), deny("cs:DescribeTaskInfo"));
    assert.equal(denied.said("GetTask", MINE), "denied-by-policy");
    assert.equal(denied.said("CancelTask", MINE), undefined);
  });

  test("of reading what one started, and what somebody else did, are told apart each time", async () => {
    const { said } = await withKey(allow("taskscribe:*"));
    for (let round = 0; round < 2; round++) {
      assert.equal(said("GetTask"), "not-allowed-by-policy");
      assert.equal(said("GetTask", MINE), undefined);
    }
  });
});

describe("a caller's right to start a task", () => {
  test("is about everything that the task names", async () => {
    const { start } = await withKey(allow("*"), deny("cs:*", cluster("c2")));
    assert.equal(await start(TASK), undefined);
    assert.equal(await start({ ...TASK, attributes: { clusterId: "c2" } }), "denied-by-policy");
    assert.equal(await start({ ...TASK, input: { ClusterId: "c2" } }), "denied-by-policy");
    const inTarget = { ...TASK, attributes: {}, target: { type: "cluster", id: "c2" } };
    assert.equal(await start(inTarget), "denied-by-policy");
  });

  test("does not come from having started the task", async () => {
    const { start } = await withKey(allow("taskscribe:*"));
    assert.equal(await start(MINE), "not-allowed-by-policy");
  });

  test("ends at a number of things that no real task names", async () => {
    const { start } = await withKey(allow("*"));
    const ids = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`);
    assert.equal(await start({ ...TASK, input: { ClusterId: ids(999) } }), undefined);
    assert.equal(
      await start({ ...TASK, input: { ClusterId: ids(1_001) } }),
      "too-many-things-named",
    );
  });

  test("of a task without a product is decided at the door", async () => {
    const { start } = await withKey(deny("*"));
    assert.equal(await start({ ...TASK, product: "native" }), undefined);
    assert.equal(await start(TASK), "denied-by-policy");
  });
});

describe("rows 1 and 16: rights are those of the moment", () => {
  test("a policy that changes counts at once", async () => {
    const { said, attach, start } = await withKey(allow("*"));
    assert.equal(said("GetTask"), undefined);
    await attach(allow("*"), deny("cs:*"));
    assert.equal(said("GetTask"), "denied-by-policy");
    assert.equal(await start(TASK), "denied-by-policy");
    await attach(allow("*"));
    assert.equal(said("GetTask"), undefined);
  });

  test("a free key that gets its first policy is free no longer", async () => {
    const { said, attach } = await withKey();
    assert.equal(said("GetTask"), undefined);
    await attach(deny("cs:*"));
    assert.equal(said("GetTask"), "not-allowed-by-policy");
    assert.equal(said("GetTask", MINE), "denied-by-policy");
  });

  test("a condition on the time ends within a second", async () => {
    const { clock, said, attach } = await withKey(allow("*"));
    const end = new Date(clock.now() + 10_000).toISOString();
    await attach(allow("*", { Condition: { DateLessThan: { "acs:CurrentTime": end } } }));
    assert.equal(said("GetTask"), undefined);
    clock.jump(9_500);
    assert.equal(said("GetTask"), undefined);
    clock.jump(1_000);
    assert.equal(said("GetTask"), "not-allowed-by-policy");
  });

  test("conditions know where the call came from", async () => {
    const from = (network: string) =>
      allow("*", { Condition: { IpAddress: { "acs:SourceIp": network } } });
    assert.equal((await withKey(from("192.0.2.0/24"))).said("GetTask"), undefined);
    assert.equal((await withKey(from("10.0.0.0/8"))).said("GetTask"), "not-allowed-by-policy");
  });

  for (const [what, action, reason] of [
    ["deleted", "DeleteAccessKey", "unknown-key"],
    ["disabled", "DisableAccessKey", "disabled-key"],
  ] as const)
    test(`a key that is ${what} may nothing any more, with a policy or without`, async () => {
      for (const statements of [[], [allow("*")]]) {
        const { said, start, asOperator, accessKeyId } = await withKey(...statements);
        assert.equal(said("GetTask"), undefined);
        await asOperator(action, { accessKeyId });
        assert.equal(said("GetTask"), reason);
        assert.equal(said("GetTask", MINE), reason);
        assert.equal(await start(TASK), reason);
      }
    });

  test("a key that may be used from its networks alone ends what was begun elsewhere, when it gets them", async () => {
    for (const statements of [[], [allow("*")]]) {
      const { said, start, asOperator, accessKeyId } = await withKey(...statements);
      const limit = (networks: string[]) =>
        asOperator("UpdateAccessKey", { accessKeyId, networks });
      await limit(["192.0.2.0/24"]);
      assert.equal(said("GetTask"), undefined);
      assert.equal(await start(TASK), undefined);
      await limit(["10.0.0.0/8"]);
      assert.equal(said("GetTask"), "network-not-allowed");
      assert.equal(said("GetTask", MINE), "network-not-allowed");
      assert.equal(await start(TASK), "network-not-allowed");
    }
  });
});
