import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DEFAULT_ACCOUNT,
  type Fixture,
  openFixture,
} from "../../../test/support/access-fixture.ts";
import type { JsonObject } from "../../core/json.ts";

const allow = (Action: string, Resource = "*") => ({ Effect: "Allow", Action, Resource });
const deny = (Action: string, Resource = "*") => ({ Effect: "Deny", Action, Resource });
const policy = (...Statement: JsonObject[]) => ({ Version: "1", Statement });

const ARN = `acs:ram::${DEFAULT_ACCOUNT}:user`;
const own = (id: string) => `acs:taskscribe:cn-hangzhou:${DEFAULT_ACCOUNT}:task/${id}`;
const c1 = `acs:cs:cn-hangzhou:${DEFAULT_ACCOUNT}:cluster/c1`;

const task = (over: JsonObject = {}) => ({
  account: DEFAULT_ACCOUNT,
  actor: `${ARN}/somebody`,
  product: "ack",
  type: "cluster_scaleout",
  target: { type: "nodepool", id: "np-1" },
  attributes: { clusterId: "c1", operation: "ScaleOutCluster" },
  ...over,
});
const TASKS = {
  "T-1": task(),
  "T-ada": task({ actor: `${ARN}/ada` }),
  "T-hidden": task({ attributes: { clusterId: "c2" } }),
  "T-foreign": { ...task(), account: "200" },
  "T-old": { ...task(), id: "T-new" },
};

/** A key that may do everything with tasks, and of the product what its own statements say. */
async function withKey(...statements: JsonObject[]) {
  const fixture = await openFixture({ tasks: TASKS });
  const { accessKeyId } = await fixture.makeKey({ user: "ada" });
  const document = policy(allow("taskscribe:*"), ...statements);
  await fixture.asOperator("AttachPolicy", { name: "p", document, accessKeyId });
  const explain = (parameters: JsonObject) =>
    fixture.asOperator("ExplainPolicy", { accessKeyId, ...parameters });
  return { fixture, accessKeyId, explain };
}

function as({ api }: Fixture, accessKeyId: string) {
  return (action: string, parameters: JsonObject = {}) =>
    api.call(action, parameters, {
      account: DEFAULT_ACCOUNT,
      actor: `${ARN}/ada`,
      accessKeyId,
      source: "192.0.2.1",
      requestId: "",
    });
}

/** Each right that is asked for, with who decided. */
function decisions({ asked }: JsonObject): readonly unknown[] {
  return (asked as readonly JsonObject[]).map(
    ({ action, resource, allowed, decidedBy, statementIndex }) =>
      [action, resource, allowed, decidedBy, statementIndex].filter((one) => one !== undefined),
  );
}

describe("row 2: an operation on a task is explained by all that it asks for", () => {
  test("its own right and the product's, each with its decision", async () => {
    const { explain } = await withKey(allow("cs:Describe*", c1));
    const read = await explain({ task: "T-1", action: "taskscribe:WhyTask" });
    assert.equal(read["allowed"], true);
    assert.deepEqual(decisions(read), [
      ["taskscribe:WhyTask", own("T-1"), true, "p", 0],
      ["cs:DescribeTaskInfo", c1, true, "p", 1],
    ]);
    const cancel = await explain({ task: "T-1", action: "taskscribe:CancelTask" });
    assert.deepEqual(decisions(cancel), [
      ["taskscribe:CancelTask", own("T-1"), true, "p", 0],
      ["cs:CancelTask", c1, false, "no statement matches"],
    ]);
    const { allowed, action, resource, decidedBy } = cancel;
    assert.deepEqual(
      [allowed, action, resource, decidedBy],
      [false, "taskscribe:CancelTask", own("T-1"), "no statement matches"],
    );
    const retry = await explain({ task: "T-1", action: "taskscribe:RetryTask" });
    assert.deepEqual(decisions(retry)[1], [
      "cs:ScaleOutCluster",
      c1,
      false,
      "no statement matches",
    ]);
  });

  test("the product's own operation, on the resource of the task", async () => {
    const { explain } = await withKey(allow("cs:*"), deny("cs:CancelTask", c1));
    const told = await explain({ task: "T-1", action: "CS:CancelTask" });
    assert.deepEqual(decisions(told), [["CS:CancelTask", c1, false, "p", 2]]);
    assert.deepEqual(told["statement"], deny("cs:CancelTask", c1));
  });

  test("without an action, reading it; in any case of the letters", async () => {
    const { explain } = await withKey(allow("cs:*"));
    const expected = [
      ["taskscribe:GetTask", own("T-1"), true, "p", 0],
      ["cs:DescribeTaskInfo", c1, true, "p", 1],
    ];
    assert.deepEqual(decisions(await explain({ task: "T-1" })), expected);
    const lower = await explain({ task: "T-1", action: "taskscribe:gettask" });
    assert.deepEqual(decisions(lower), expected);
  });

  test("both ids of an imported task", async () => {
    const { explain } = await withKey(allow("cs:*"), deny("taskscribe:*", own("T-new")));
    assert.deepEqual(decisions(await explain({ task: "T-old" })), [
      ["taskscribe:GetTask", own("T-old"), true, "p", 0],
      ["taskscribe:GetTask", own("T-new"), false, "p", 2],
      ["cs:DescribeTaskInfo", c1, true, "p", 1],
    ]);
  });

  test("who started it may read it, unless a statement denies it, and no more", async () => {
    const { explain } = await withKey();
    const read = await explain({ task: "T-ada" });
    assert.deepEqual([read["allowed"], read["startedByIt"]], [true, true]);
    assert.deepEqual(decisions(read)[1], [
      "cs:DescribeTaskInfo",
      c1,
      false,
      "no statement matches",
    ]);
    const byProduct = await explain({ task: "T-ada", action: "cs:DescribeTaskInfo" });
    assert.equal(byProduct["allowed"], true);
    const cancel = await explain({ task: "T-ada", action: "taskscribe:CancelTask" });
    assert.deepEqual([cancel["allowed"], cancel["startedByIt"]], [false, undefined]);
    const other = await explain({ task: "T-1" });
    assert.deepEqual([other["allowed"], other["startedByIt"]], [false, undefined]);
    const denied = await withKey(deny("cs:*"));
    assert.equal((await denied.explain({ task: "T-ada" }))["allowed"], false);
  });

  test("the explanation and the door decide the same", async () => {
    for (const statements of [[], [allow("cs:*")], [deny("cs:*")], [allow("cs:*", c1)]]) {
      const { fixture, accessKeyId, explain } = await withKey(...statements);
      const maker = { accessKeyId, source: "192.0.2.1", secure: false };
      const rights = fixture.control.rightsOf(DEFAULT_ACCOUNT, maker);
      for (const id of ["T-1", "T-ada", "T-hidden"] as const)
        for (const action of ["GetTask", "CancelTask", "RetryTask", "ExportTask"]) {
          const told = await explain({ task: id, action: `taskscribe:${action}` });
          const door = rights.refusal(action, { ...TASKS[id], id }) === undefined;
          assert.equal(told["allowed"], door, `${action} ${id} ${JSON.stringify(statements)}`);
        }
    }
  });
});

describe("what cannot be explained", () => {
  test("an operation that no such task has, or two resources", async () => {
    const { explain } = await withKey();
    await assert.rejects(explain({ task: "T-1", action: "bdrc:DescribeTask" }), {
      code: "InvalidParameter",
      message:
        'action: "bdrc:DescribeTask" is no operation on this task; give one of our own API such as taskscribe:CancelTask, or one of cs',
    });
    await assert.rejects(explain({ task: "T-1", action: "taskscribe:Foo" }), {
      code: "InvalidParameter",
    });
    await assert.rejects(explain({ task: "T-1", action: "cs:" }), { code: "InvalidParameter" });
    await assert.rejects(explain({ task: "T-1", resource: "*" }), {
      code: "InvalidParameter",
      message: "resource: the task has its own; give only one",
    });
    await assert.rejects(explain({ task: "t".repeat(257) }), { code: "InvalidParameter" });
    await assert.rejects(explain({}), { code: "MissingParameter" });
  });

  test("a task, while no server runs", async () => {
    const fixture = await openFixture({ noServer: true });
    const { accessKeyId } = await fixture.makeKey();
    await assert.rejects(fixture.asOperator("ExplainPolicy", { accessKeyId, task: "T-1" }), {
      code: "ResourceBusy",
      message: /^task: tasks are known only to a running server/,
    });
  });
});

describe("whoever may not read a task", () => {
  test("does not learn from an explanation that there is one, nor what it is", async () => {
    const { fixture, accessKeyId } = await withKey(
      allow("cs:*"),
      deny("cs:*", c1.replace("c1", "c2")),
    );
    const ask = as(fixture, accessKeyId);
    const ofNone = (id: string, action?: string) =>
      ask("ExplainPolicy", { accessKeyId, task: id, ...(action !== undefined && { action }) }).then(
        () => assert.fail("it was explained"),
        ({ code, message, facts }) => JSON.stringify({ code, message, facts }).replaceAll(id, "ID"),
      );
    const missing = await ofNone("T-none");
    for (const id of ["T-hidden", "T-foreign"])
      for (const action of [
        undefined,
        "cs:DescribeTaskInfo",
        "bdrc:DescribeTask",
        "taskscribe:Foo",
      ])
        assert.equal(await ofNone(id, action), missing, `${id} ${action}`);
    assert.match(missing, /the task ID does not exist/);
    assert.equal((await ask("ExplainPolicy", { accessKeyId, task: "T-1" }))["allowed"], true);
  });

  test("is not helped by the other id of an imported task", async () => {
    const { fixture, accessKeyId } = await withKey(allow("cs:*"), deny("*", own("T-old")));
    await assert.rejects(
      as(fixture, accessKeyId)("ExplainPolicy", { accessKeyId, task: "T-old" }),
      {
        code: "ResourceNotFound",
      },
    );
  });

  test("is not helped by asking about a key that may", async () => {
    const { fixture, accessKeyId } = await withKey(allow("cs:*", c1));
    const free = await fixture.makeKey();
    const question = { accessKeyId: free.accessKeyId, task: "T-hidden" };
    await assert.rejects(as(fixture, accessKeyId)("ExplainPolicy", question), {
      code: "ResourceNotFound",
    });
    const told = await as(fixture, free.accessKeyId)("ExplainPolicy", question);
    assert.equal(told["allowed"], true);
  });
});

test("each link of the chain says what it decides, and the whole names the one that refused", async () => {
  const fixture = await openFixture({ tasks: TASKS });
  const { accessKeyId } = await fixture.makeKey({ user: "ada" });
  const attach = (name: string, document: JsonObject, target: JsonObject) =>
    fixture.asOperator("AttachPolicy", { name, document, ...target });
  await attach("all", policy(allow("*")), { accessKeyId });
  await attach("ops", policy(allow("*"), deny("cs:Cancel*")), { role: "ops" });
  const session = await as(fixture, accessKeyId)("AssumeRole", {
    role: "ops",
    policy: policy(allow("cs:*")),
  });
  const id = session["accessKeyId"];
  const told = await fixture.asOperator("ExplainPolicy", {
    accessKeyId: id as string,
    task: "T-1",
    action: "taskscribe:CancelTask",
  });
  const KEY = { kind: "key", name: accessKeyId };
  const ROLE = { kind: "role", name: "ops" };
  const SESSION = { kind: "session", name: id };
  const [first, second] = told["asked"] as unknown as readonly { readonly links: JsonObject[] }[];
  const said = (links: readonly JsonObject[] = []) =>
    links.map(({ link, allowed, decidedBy, statementIndex }) => [
      link,
      allowed,
      decidedBy,
      statementIndex,
    ]);
  assert.deepEqual(said(first?.links), [
    [KEY, true, "all", 0],
    [ROLE, true, "ops", 0],
    [SESSION, false, "no statement matches", undefined],
  ]);
  assert.deepEqual(said(second?.links), [
    [KEY, true, "all", 0],
    [ROLE, false, "ops", 1],
    [SESSION, true, "(session policy)", 0],
  ]);
  assert.deepEqual(second?.links[2]?.["statement"], allow("cs:*"));
  assert.deepEqual(told["link"], SESSION);
});

test("conditions are decided with the time of the server and the principal of the key", async () => {
  const when = (Condition: JsonObject) => ({ ...allow("cs:*"), Condition });
  const at = (operator: string) => when({ [operator]: { "acs:CurrentTime": "2000-01-01" } });
  const by = (name: string) => when({ StringEquals: { "acs:PrincipalArn": `${ARN}/${name}` } });
  const allowed = async (statement: JsonObject, context?: JsonObject) => {
    const { explain } = await withKey(statement);
    const told = await explain({ action: "cs:Read", ...(context && { context }) });
    return told["allowed"];
  };
  assert.equal(await allowed(at("DateGreaterThan")), true);
  assert.equal(await allowed(at("DateLessThan")), false);
  assert.equal(
    await allowed(at("DateLessThan"), { "acs:CurrentTime": "1999-01-01T00:00:00Z" }),
    true,
  );
  assert.equal(await allowed(by("ada")), true);
  assert.equal(await allowed(by("bob")), false);
});
