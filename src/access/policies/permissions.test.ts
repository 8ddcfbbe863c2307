import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type accessCall,
  DEFAULT_ACCOUNT,
  type FixtureOptions,
  openFixture,
  signedCall,
} from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";

type Statement = {
  Effect?: string;
  Action: string | string[];
  Resource?: string;
  Condition?: JsonObject;
};

const policy = (...statements: Statement[]) => ({
  Version: "1",
  Statement: statements.map((one) => ({ Effect: "Allow", Resource: "*", ...one })),
});

const task = (clusterId: string, actor = "acs:ram::x:user/other") => ({
  account: DEFAULT_ACCOUNT,
  actor,
  target: { id: "np-1" },
  attributes: { clusterId },
});

const cluster = (product: string, id: string) =>
  `acs:${product}:cn-hangzhou:${DEFAULT_ACCOUNT}:cluster/${id}`;

/** A door with one key under a policy. */
async function under(document: JsonObject, options: FixtureOptions = {}) {
  const door = await openFixture(options);
  const key = await door.makeKey({ user: "ada" });
  const { accessKeyId } = key;
  await door.asOperator("AttachPolicy", { name: "p", document, accessKeyId });
  const ask = async (over: Parameters<typeof accessCall>[0]) => {
    const answer = await door.control.identify(signedCall(key, door.clock, over));
    return "code" in answer ? answer : undefined;
  };
  return { door, key, ask };
}

const describeTask = (id: string) => ({ target: `/tasks/${id}`, path: { task_id: id } });
const lingjun = (action: string, path: Record<string, string>) => ({
  dialect: "lingjun",
  method: "POST",
  target: "/",
  action,
  path,
});
const scaleOut = (ClusterId: string) => ({
  method: "POST",
  target: `/api/v2/clusters/${ClusterId}`,
  action: "ScaleOutCluster",
  path: { ClusterId },
});

describe("policies", () => {
  test("a key without a policy may do everything in its account", async () => {
    const door = await openFixture();
    const key = await door.makeKey();
    const answer = await door.control.identify(signedCall(key, door.clock, scaleOut("c1")));
    assert.ok(!("code" in answer));
  });

  test("allow by action and by the cluster a call names", async () => {
    const { ask } = await under(
      policy({ Action: "cs:ScaleOut*", Resource: "acs:cs:*:*:cluster/c1" }),
    );
    assert.equal(await ask(scaleOut("c1")), undefined);
    assert.equal((await ask(scaleOut("c2")))?.code, "Forbidden.RAM");
    assert.equal((await ask({ ...scaleOut("c1"), action: "CancelTask" }))?.code, "Forbidden.RAM");
  });

  test("a refusal says what was requested, by whom, and why it is refused", async () => {
    const { ask } = await under(policy({ Action: "*" }, { Effect: "Deny", Action: "eflo:*" }));
    const refusal = await ask(lingjun("ShrinkCluster", { ClusterId: "i1" }));
    assert.deepEqual(refusal, {
      status: 403,
      code: "NoPermission",
      message:
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
      reason: "denied-by-policy",
      detail: {
        AuthAction: "eflo:ShrinkCluster",
        AuthResource: cluster("eflo", "i1"),
        AuthPrincipalType: "SubUser",
        AuthPrincipalOwnerId: DEFAULT_ACCOUNT,
        AuthPrincipalDisplayName: "ada",
        NoPermissionType: "ExplicitDeny",
        PolicyType: "AccountLevelIdentityBasedPolicy",
        DecidedBy: "p, statement 1",
      },
    });
  });

  for (const cold of [false, true]) {
    test(`know a task by its cluster, ${cold ? "read from the store" : "at hand"}`, async () => {
      const { ask } = await under(
        policy({ Action: "cs:DescribeTaskInfo", Resource: cluster("cs", "c1") }),
        { tasks: { "T-1": task("c1"), "T-2": task("c2") }, cold },
      );
      assert.equal(await ask(describeTask("T-1")), undefined);
      assert.equal((await ask(describeTask("T-2")))?.code, "Forbidden.RAM");
    });

    test(`tell nothing of a task that is not there or another's, ${cold ? "read" : "at hand"}`, async () => {
      const foreign = { ...task("c1"), account: "200" };
      const { ask } = await under(policy({ Action: "cs:*", Resource: cluster("cs", "c1") }), {
        tasks: { "T-1": task("c2"), "T-9": foreign },
        cold,
      });
      const answers = await Promise.all(
        ["T-1", "T-9", "T-none"].map((id) => ask(describeTask(id))),
      );
      assert.deepEqual(
        answers.map((answer) => answer?.code),
        Array(3).fill("Forbidden.RAM"),
      );
      const { AuthResource: _, ...own } = answers[1]?.detail ?? {};
      const { AuthResource: __, ...none } = answers[2]?.detail ?? {};
      assert.deepEqual(own, none);
      assert.deepEqual(answers[1]?.detail, answers[2]?.detail);
    });

    test(`whoever started a task may read it, but not control it, ${cold ? "read" : "at hand"}`, async () => {
      const own = task("c1", `acs:ram::${DEFAULT_ACCOUNT}:user/ada`);
      const { ask } = await under(policy({ Action: "cs:ScaleOutCluster" }), {
        tasks: { "T-1": own, "T-2": task("c1") },
        cold,
      });
      assert.equal(await ask(describeTask("T-1")), undefined);
      assert.equal((await ask(describeTask("T-2")))?.code, "Forbidden.RAM");
      const cancel = { ...describeTask("T-1"), method: "POST", action: "CancelTask" };
      assert.equal((await ask(cancel))?.code, "Forbidden.RAM");
    });
  }

  test("the resource in BDRC is always *", async () => {
    const bdrc = { dialect: "bdrc", action: "DescribeTask", path: { TaskId: "t-1" } };
    const all = await under(policy({ Action: "bdrc:DescribeTask" }));
    assert.equal(await all.ask(bdrc), undefined);
    const never = policy({ Action: "bdrc:DescribeTask", Resource: "acs:bdrc:*:*:task/*" });
    await assert.rejects(under(never), {
      message:
        "the policy cannot be used: Statement[0] never applies to bdrc:describetask, because no Resource of it can be one of that action; give for example *",
    });
  });

  test("if a call names two clusters, both must be allowed", async () => {
    const { ask } = await under(policy({ Action: "eflo:*", Resource: cluster("eflo", "i1") }));
    const naming = (...ids: string[]) => ({
      ...lingjun("ShrinkCluster", {}),
      named: (names: ReadonlySet<string>) => new Set(names.has("ClusterId") ? ids : []),
    });
    const both = naming("i1", "i2");
    assert.equal((await ask(both))?.code, "NoPermission");
    const same = naming("i1", "i1");
    assert.equal(await ask(same), undefined);
  });

  for (const cold of [false, true]) {
    test(`of two tasks in one call both must be allowed, ${cold ? "read" : "at hand"}`, async () => {
      const { ask } = await under(
        policy(
          { Action: "eflo:*", Resource: "*" },
          { Effect: "Deny", Action: "eflo:*", Resource: cluster("eflo", "i2") },
        ),
        { tasks: { t1: task("i1"), t2: task("i2"), t3: task("i3") }, cold },
      );
      const naming = (...ids: string[]) =>
        ask({ ...lingjun("DescribeTask", {}), values: () => ids });
      assert.equal((await naming("t1", "t2"))?.reason, "denied-by-policy");
      assert.equal((await naming("t2", "t1"))?.reason, "denied-by-policy");
      assert.equal((await naming("t2", "none"))?.reason, "denied-by-policy");
      assert.equal((await naming("none", "t2"))?.reason, "denied-by-policy");
      assert.equal(await naming("t1", "t3"), undefined);
      assert.equal(await naming("t1", "t1"), undefined);
    });

    test(`a task of one's own opens no other in the same call, ${cold ? "read" : "at hand"}`, async () => {
      const own = task("c1", `acs:ram::${DEFAULT_ACCOUNT}:user/ada`);
      const { ask } = await under(policy({ Action: "cs:ScaleOutCluster" }), {
        tasks: { "T-1": own, "T-2": task("c1") },
        cold,
      });
      const both = { target: "/tasks/T-2?task_id=T-1", values: () => ["T-2", "T-1"] };
      assert.equal((await ask(both))?.code, "Forbidden.RAM");
    });
  }

  test("both ids of an imported task must be allowed, also for a retry", async () => {
    const tasks = { old: { ...task("c1"), id: "new" }, new: { ...task("c1"), id: "new" } };
    const native = (action: string, method: string, id: string) => ({
      dialect: "native",
      method,
      target: `/v1/tasks/${id}`,
      action,
      path: { id },
    });
    for (const denied of ["old", "new"]) {
      const resource = `acs:taskscribe:*:*:task/${denied}`;
      const { ask } = await under(
        policy({ Action: "*" }, { Effect: "Deny", Action: "taskscribe:*", Resource: resource }),
        { tasks },
      );
      assert.equal((await ask(native("GetTask", "GET", "old")))?.reason, "denied-by-policy");
      assert.equal((await ask(native("RetryTask", "POST", "old")))?.reason, "denied-by-policy");
      assert.equal(await ask(native("GetTask", "GET", "other")), undefined);
    }
  });

  test("every task of a list must be allowed, however often the others are named", async () => {
    const { ask } = await under(
      policy(
        { Action: "*" },
        { Effect: "Deny", Action: "*", Resource: "acs:taskscribe:*:*:task/secret" },
      ),
      { tasks: { secret: task("c1"), a: task("c1"), b: task("c1") } },
    );
    const wait = (ids: string) =>
      ask({ dialect: "native", action: "WaitTasks", target: `/v1/wait?ids=${ids}`, path: { ids } });
    assert.equal(await wait("a,b"), undefined);
    for (const ids of ["secret", "a,secret", `${"a,".repeat(500)}secret`]) {
      assert.equal((await wait(ids))?.reason, "denied-by-policy", ids.slice(-20));
    }
  });

  test("conditions know the address, the time and the transport", async () => {
    const { ask } = await under(
      policy({
        Action: "cs:*",
        Condition: {
          IpAddress: { "acs:SourceIp": "192.0.2.0/24" },
          Bool: { "acs:SecureTransport": "true" },
          DateGreaterThan: { "acs:CurrentTime": "2026-01-01T00:00:00Z" },
        },
      }),
    );
    assert.equal(await ask({ ...scaleOut("c1"), secure: true }), undefined);
    assert.equal((await ask(scaleOut("c1")))?.status, 403);
    assert.equal(
      (await ask({ ...scaleOut("c1"), secure: true, source: "198.51.100.1" }))?.status,
      403,
    );
  });

  test("a role without policies may do nothing", async () => {
    const door = await openFixture();
    const session = await door.asOperator("AssumeRole", { role: "nobody" });
    const key = session as never as Parameters<typeof signedCall>[0];
    const answer = await door.control.identify(signedCall(key, door.clock, scaleOut("c1")));
    assert.ok("code" in answer);
    assert.equal(answer.code, "Forbidden.RAM");
    assert.equal(answer.detail?.["AuthPrincipalType"], "AssumedRoleUser");
  });
});
