import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  askedOfProduct,
  type NativeAction,
  type ProductOfTasks,
  resourceName,
  resourcesNamed,
  targetOf,
} from "./asked.ts";

const SCOPE = { region: "cn-hangzhou", account: "1" };
const CS: ProductOfTasks = {
  names: {
    prefix: "cs",
    resource: "cluster/{id}",
    idParameters: [],
    taskParameters: [],
    acts: "target",
    refusal: "Forbidden.RAM",
    starts: {
      scale: ["ScaleOut", "ScaleIn"],
      upgrade: ["Upgrade"],
      create: ["CreateCluster"],
    },
  },
  actions: { read: "DescribeTaskInfo", cancel: "CancelTask", pause: "PauseTask" },
  making: new Set(["CreateCluster"]),
};
/** A product whose operations are about everything, and which only reads its tasks. */
const BDRC: ProductOfTasks = {
  names: { ...CS.names, prefix: "bdrc", resource: undefined, starts: {} },
  actions: {},
};

const task = (type: string, attributes: Record<string, unknown> = {}) => ({
  type,
  target: { id: "np-1" },
  attributes: { clusterId: "c1", ...attributes },
});
const read = (action: string): NativeAction => ({ action, mutating: false });
const change = (action: string): NativeAction => ({ action, mutating: true });
const c1 = "acs:cs:cn-hangzhou:1:cluster/c1";

/** What is asked for, one `action resource` each. */
function asked(product: ProductOfTasks, ...rest: readonly [NativeAction, ReturnType<typeof task>]) {
  return askedOfProduct(product, ...rest, SCOPE).map(
    ({ action, resource }) => `${action} ${resource}`,
  );
}

describe("our own API asks a product", () => {
  const cases: readonly [string, NativeAction, ReturnType<typeof task>, readonly string[]][] = [
    ["reads, for its describe", read("GetTask"), task("scale"), [`cs:DescribeTaskInfo ${c1}`]],
    ["exports, for its describe", read("ExportTask"), task("x"), [`cs:DescribeTaskInfo ${c1}`]],
    ["cancel, for its cancel", change("CancelTask"), task("scale"), [`cs:CancelTask ${c1}`]],
    ["pause, for its pause", change("PauseTask"), task("scale"), [`cs:PauseTask ${c1}`]],
    [
      "resume, which it does not have, for what may have started the task",
      change("ResumeTask"),
      task("scale"),
      [`cs:ScaleOut ${c1}`, `cs:ScaleIn ${c1}`],
    ],
    [
      "retry, for the operation that did start it",
      change("RetryTask"),
      task("scale", { operation: "ScaleIn" }),
      [`cs:ScaleIn ${c1}`],
    ],
    [
      "signal, for all that may have, if its attributes name none of them",
      change("SignalTask"),
      task("scale", { operation: "Upgrade" }),
      [`cs:ScaleOut ${c1}`, `cs:ScaleIn ${c1}`],
    ],
    [
      "submit, for all that start such a task, whatever the caller says of it",
      change("SubmitTask"),
      task("scale", { operation: "ScaleIn" }),
      [`cs:ScaleOut ${c1}`, `cs:ScaleIn ${c1}`],
    ],
    [
      "import, likewise",
      change("ImportTask"),
      task("scale", { operation: "ScaleIn" }),
      [`cs:ScaleOut ${c1}`, `cs:ScaleIn ${c1}`],
    ],
    [
      "submit of a type that no operation starts, for our own action with its prefix",
      change("SubmitTask"),
      task("mine"),
      [`cs:SubmitTask ${c1}`],
    ],
    [
      "what makes something new, about everything besides",
      change("SubmitTask"),
      task("create"),
      [`cs:CreateCluster acs:cs:cn-hangzhou:1:cluster/*`, `cs:CreateCluster ${c1}`],
    ],
    [
      "a type with a name that every object has, for our own action",
      change("SubmitTask"),
      task("constructor"),
      [`cs:SubmitTask ${c1}`],
    ],
    [
      "an action with a name that every object has, for what may have started the task",
      change("toString"),
      task("upgrade"),
      [`cs:Upgrade ${c1}`],
    ],
  ];
  for (const [what, action, about, expected] of cases) {
    test(what, () => assert.deepEqual(asked(CS, action, about), expected));
  }

  test("without a describe, for our own action with its prefix", () => {
    assert.deepEqual(asked(BDRC, read("GetTask"), task("x")), ["bdrc:GetTask *"]);
    assert.deepEqual(asked(BDRC, change("CancelTask"), task("x")), ["bdrc:CancelTask *"]);
  });

  test("that names no operations of starting, for our own action with its prefix", () => {
    const { starts: _, ...names } = BDRC.names;
    const product = { ...BDRC, names };
    assert.deepEqual(asked(product, change("SubmitTask"), task("x")), ["bdrc:SubmitTask *"]);
  });

  test("about everything that a task names, each once", () => {
    const given = askedOfProduct(CS, change("SubmitTask"), task("upgrade"), SCOPE, [
      "c1",
      "c2",
      "c1",
    ]);
    assert.deepEqual(
      given.map(({ resource }) => resource),
      [c1, "acs:cs:cn-hangzhou:1:cluster/c2"],
    );
  });
});

describe("a resource", () => {
  test("is named by product, region, account and id", () => {
    assert.equal(resourceName(CS.names, SCOPE, "c1"), c1);
    assert.equal(resourceName(BDRC.names, SCOPE, "c1"), "*");
  });

  test("keeps an id as it is, also one that looks like a replacement", () => {
    assert.equal(resourceName(CS.names, SCOPE, "$&$1"), "acs:cs:cn-hangzhou:1:cluster/$&$1");
  });

  test("is everything if nothing is named", () => {
    assert.deepEqual(resourcesNamed(CS.names, SCOPE, new Set()), [
      "acs:cs:cn-hangzhou:1:cluster/*",
    ]);
    assert.deepEqual(resourcesNamed(CS.names, SCOPE, new Set(["c1"])), [c1]);
    assert.deepEqual(resourcesNamed(BDRC.names, SCOPE, new Set(["c1", "c2"])), ["*"]);
  });

  test("of a task is its cluster, else its target", () => {
    assert.equal(targetOf(task("x")), "c1");
    for (const clusterId of [undefined, 7, ["c2"], null])
      assert.equal(targetOf(task("x", { clusterId })), "np-1");
  });
});
