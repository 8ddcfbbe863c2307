import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeCloud } from "../../../test/support/fake-step-context.ts";
import { productNamed } from "../../../test/support/product-suite.ts";
import type { JsonObject } from "../../core/json.ts";
import { hasSeveralSuccessors } from "../../core/plan.ts";
import type { Task } from "../../core/task.ts";
import { CLUSTER, clusterOf, NODE } from "./resources.ts";
import { DEMO_CLUSTER, DEMO_NODE_GROUP } from "./world.ts";

const CLUSTER_ID = { ClusterId: DEMO_CLUSTER };
const FREE = ["e01-cn-demo-0005", "e01-cn-demo-0006"];
const MEMBERS = ["e01-cn-demo-0001", "e01-cn-demo-0002"];

function cloud(): FakeCloud {
  return new FakeCloud(productNamed("lingjun"));
}

function nodes(ids: readonly string[], details: JsonObject = {}) {
  return ids.map((NodeId) => ({ NodeId, ...details }));
}

async function nodeOf(lingjun: FakeCloud, id: string) {
  const node = await lingjun.resources.get(NODE, id);
  assert.ok(node);
  return { cluster: clusterOf(node), state: node.data["OperatingState"], data: node.data };
}

/** Creates clusters of the three kinds, works on each, and gives every task that came of it. */
async function workOnEveryKind(): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (const kind of [
    {},
    { ClusterType: "Bare" },
    { Components: [{ ComponentType: "ACKEdge", ComponentConfig: {} }] },
  ]) {
    const lingjun = cloud();
    const [first = "", second = ""] = FREE;
    const created = await lingjun.start("CreateCluster", {
      ...kind,
      NodeGroups: [{ NodeGroupName: "a", Nodes: nodes([first]) }],
    });
    const ClusterId = created.target.id;
    const calls: readonly (readonly [string, JsonObject])[] = [
      ["ExtendCluster", { ClusterId, NodeGroups: [{ Nodes: nodes([second]) }] }],
      ["ReimageNodes", { ClusterId, Nodes: nodes([second]) }],
      ["RebootNodes", { ClusterId, Nodes: [second] }],
      ["ShrinkCluster", { ClusterId, NodeGroups: [{ Nodes: nodes([second]) }] }],
    ];
    tasks.push(created);
    for (const [action, parameters] of calls) tasks.push(await lingjun.start(action, parameters));
  }
  return tasks;
}

describe("Lingjun task types", () => {
  it("are all 15 of the contract", async () => {
    const tasks = await workOnEveryKind();
    assert.ok(tasks.every((task) => task.state === "succeeded"));
    const types = new Set(tasks.map((task) => task.type));
    for (const task of tasks) {
      for (const step of task.steps) for (const sub of step.subtasks ?? []) types.add(sub.type);
    }
    assert.deepEqual([...types].toSorted(), [
      "cut_bare_cluster",
      "cut_cluster",
      "cut_node_sub_task",
      "extend_ack_edge_cluster",
      "extend_bare_cluster",
      "extend_cluster",
      "initialize_ack_edge_cluster",
      "initialize_bare_cluster",
      "initialize_cluster",
      "reboot_node",
      "reboot_node_sub_task",
      "reclone_ack_edge_node",
      "reclone_bare_node",
      "reclone_node",
      "reclone_node_sub_task",
    ]);
  });

  const TAGS =
    "机器释放 节点并发初始化 节点释放 机器替换 节点缩容 提前续费 物理机清理 节点清理 创建K8s集群 网络初始化 节点重启 节点退订 集群扩容 异常机器释放".split(
      " ",
    );
  for (const type of productNamed("lingjun").types) {
    it(`${type.type} has a stage tag of the contract at each step`, () => {
      for (const { labels } of type.plan) {
        assert.ok(TAGS.includes(String(labels?.["stageTag"])));
        assert.match(String(labels?.["stageTagEn"]), /^[A-Z][\w -]+$/);
      }
    });
  }

  for (const type of ["initialize_cluster", "extend_ack_edge_cluster", "cut_cluster"]) {
    it(`${type} has a dispersive step`, () => {
      const { plan } = productNamed("lingjun").types.find((one) => one.type === type) ?? {};
      assert.ok(plan?.some((step) => hasSeveralSuccessors(plan, step.name)));
    });
  }
});

describe("nodes that join a cluster", () => {
  const EXTEND = {
    ...CLUSTER_ID,
    NodeGroups: [{ NodeGroupId: DEMO_NODE_GROUP, Nodes: nodes(FREE) }],
  };

  it("are promised at once, and members when the step has set them up", async () => {
    const lingjun = cloud();
    const plan = await lingjun.plan("ExtendCluster", EXTEND);
    assert.deepEqual(plan.attributes?.["nodeIds"], FREE);
    assert.partialDeepStrictEqual(await nodeOf(lingjun, FREE[0] ?? ""), {
      cluster: "",
      state: "Extending",
    });
    const cluster = await lingjun.resources.get(CLUSTER, DEMO_CLUSTER);
    assert.equal(cluster?.data["OperatingState"], "expanding");
    const task = await lingjun.run(plan);
    assert.partialDeepStrictEqual(await nodeOf(lingjun, FREE[0] ?? ""), {
      cluster: DEMO_CLUSTER,
      state: "Using",
    });
    const after = await lingjun.query("DescribeCluster", CLUSTER_ID);
    assert.partialDeepStrictEqual(after, {
      OperatingState: "running",
      NodeCount: 6,
      TaskId: task.id,
    });
  });

  it("are bought if the call says how many", async () => {
    const lingjun = cloud();
    const NodeGroups = [
      { NodeGroupId: DEMO_NODE_GROUP, Amount: 2, Hostnames: ["one"], VpcId: "vpc-1" },
    ];
    const plan = await lingjun.plan("ExtendCluster", { ...CLUSTER_ID, NodeGroups });
    const [first = "", second = ""] = (plan.attributes?.["nodeIds"] ?? []) as string[];
    assert.match(first, /^e01-cn-[0-9a-z]{11}$/);
    assert.partialDeepStrictEqual(await nodeOf(lingjun, first), {
      cluster: "",
      state: "Extending",
    });
    await lingjun.run(plan);
    assert.partialDeepStrictEqual((await nodeOf(lingjun, first)).data, {
      ClusterId: DEMO_CLUSTER,
      Hostname: "one",
      MachineType: "efg1.nvga1",
      OperatingState: "Using",
    });
    assert.equal((await nodeOf(lingjun, second)).data["Hostname"], second);
    const { Nodes } = await lingjun.query("ListClusterNodes", CLUSTER_ID);
    assert.match(JSON.stringify(Nodes), /"VpcId":"vpc-1"/);
    const node = await lingjun.query("DescribeNode", { NodeId: first });
    assert.equal(node["VpcId"], undefined);
    const shrink = { ...CLUSTER_ID, NodeGroups: [{ Nodes: nodes([first]) }] };
    await lingjun.start("ShrinkCluster", shrink);
    const { Nodes: free } = await lingjun.query("ListFreeNodes", {});
    assert.ok((free as JsonObject[]).some(({ NodeId }) => NodeId === first));
    assert.equal((await nodeOf(lingjun, first)).data["VpcId"], undefined);
  });

  it("bought for a task that is canceled are free", async () => {
    const lingjun = cloud();
    const parameters = { ...CLUSTER_ID, NodeGroups: [{ Amount: 1 }] };
    const interference = { step: "reserve_nodes", how: "cancel" } as const;
    const task = await lingjun.start("ExtendCluster", parameters, { interference });
    const [id = ""] = (task.attributes["nodeIds"] ?? []) as string[];
    assert.partialDeepStrictEqual(await nodeOf(lingjun, id), { cluster: "", state: "Unused" });
  });

  it("wait for the end of a creation, even if its groups are not there yet", async () => {
    const lingjun = cloud();
    const { reply } = await lingjun.plan("CreateCluster", { ClusterName: "new" });
    const NodeGroups = [{ Nodes: nodes(FREE) }];
    await assert.rejects(
      lingjun.plan("ExtendCluster", { ClusterId: String(reply?.["ClusterId"]), NodeGroups }),
      { code: "ResourceBusy", message: /is being created; wait until that has ended/ },
    );
  });

  it("cannot be promised twice", async () => {
    const lingjun = cloud();
    await lingjun.plan("ExtendCluster", EXTEND);
    await assert.rejects(lingjun.plan("CreateCluster", { NodeGroups: EXTEND.NodeGroups }), {
      code: "InvalidParameter",
      message: /is Extending, not free/,
    });
  });

  it("cannot be promised twice even if both callers saw them free", async () => {
    const lingjun = cloud();
    const { ExtendCluster: extend } = productNamed("lingjun").operations;
    const writers = [lingjun.resources.writer(), lingjun.resources.writer()];
    for (const resources of writers) {
      const context = { account: "1", now: 0, requestId: "", resources, random: Math.random };
      await extend?.(EXTEND, context);
    }
    writers[0]?.commit();
    assert.throws(() => writers[1]?.commit(), { code: "InvalidParameter" });
  });

  it("canceled half-way: those set up are members, the others free again", async () => {
    const lingjun = cloud();
    const interference = { step: "initialize_nodes", after: 1, how: "cancel" } as const;
    await lingjun.start("ExtendCluster", EXTEND, { interference });
    const [first = "", second = ""] = FREE;
    assert.equal((await nodeOf(lingjun, first)).cluster, DEMO_CLUSTER);
    assert.partialDeepStrictEqual(await nodeOf(lingjun, second), { cluster: "", state: "Unused" });
  });

  const BROKEN = {
    NodeGroups: [
      { ImageId: "image-not-exist", Nodes: nodes(FREE.slice(0, 1)) },
      { ImageId: "m-good", Nodes: nodes(FREE.slice(1)) },
    ],
  };

  it("with a missing image fail the new cluster, which stays to be deleted", async () => {
    const lingjun = cloud();
    const task = await lingjun.start("CreateCluster", BROKEN);
    assert.equal(task.error?.code, "NodeTaskFailed");
    assert.match(task.error?.message ?? "", /^step initialize_nodes: 1 node\(s\) failed: node e01/);
    const ClusterId = task.target.id;
    const { OperatingState } = await lingjun.query("DescribeCluster", { ClusterId });
    assert.equal(OperatingState, "failed");
    await assert.rejects(lingjun.plan("RebootNodes", { ClusterId, Nodes: FREE.slice(1) }), {
      code: "ResourceBusy",
    });
    await lingjun.start("DeleteCluster", { ClusterId });
    await assert.rejects(lingjun.query("DescribeCluster", { ClusterId }), {
      code: "ResourceNotFound",
    });
    for (const id of FREE) assert.equal((await nodeOf(lingjun, id)).state, "Unused");
  });

  it("with a missing image are left out if the caller says so", async () => {
    const lingjun = cloud();
    const task = await lingjun.start("CreateCluster", { ...BROKEN, IgnoreFailedNodeTasks: true });
    assert.equal(task.state, "succeeded");
    assert.deepEqual(
      task.items.map((item) => item.status),
      ["failed", "success"],
    );
    const { NodeCount } = await lingjun.query("DescribeCluster", { ClusterId: task.target.id });
    assert.equal(NodeCount, 1);
  });

  const REFUSED = [
    [{ NodeGroups: [] }, "MissingParameter"],
    [{ NodeGroups: [{ Nodes: nodes(["e01-none"]) }] }, "ResourceNotFound"],
    [{ NodeGroups: [{ NodeGroupId: "ng-none", Nodes: nodes(FREE) }] }, "ResourceNotFound"],
    [{ NodeGroups: [{ Nodes: nodes(MEMBERS) }] }, "InvalidParameter"],
    [
      { NodeGroups: [{ Nodes: nodes(["e01-cn-demo-0005", "e01-cn-demo-0005"]) }] },
      "InvalidParameter",
    ],
  ] as const;
  for (const [parameters, code] of REFUSED) {
    it(`are refused: ${JSON.stringify(parameters)}`, async () => {
      const extend = cloud().plan("ExtendCluster", { ...CLUSTER_ID, ...parameters });
      await assert.rejects(extend, { code });
    });
  }
});

describe("work on nodes", () => {
  it("is one sub task a node, shown at its step", async () => {
    const task = await cloud().start("RebootNodes", { Nodes: MEMBERS });
    assert.equal(task.type, "reboot_node");
    assert.equal(task.target.id, DEMO_CLUSTER);
    assert.deepEqual(
      task.items.map((item) => [item.id, item.status]),
      MEMBERS.map((id) => [id, "success"]),
    );
    const [, step] = task.steps;
    assert.equal(step?.subtasks?.length, 2);
    assert.equal(step?.subtasks?.[0]?.state, "succeeded");
  });

  it("with a missing image fails that node, and the task", async () => {
    const lingjun = cloud();
    const Nodes = [
      ...nodes(MEMBERS.slice(0, 1), { ImageId: "m-not-exist" }),
      ...nodes(MEMBERS.slice(1), { ImageId: "m-new", Hostname: "renamed" }),
    ];
    const task = await lingjun.start("ReimageNodes", { ...CLUSTER_ID, Nodes });
    assert.equal(task.state, "failed");
    assert.match(
      task.error?.message ?? "",
      /^step reclone_nodes: 1 node\(s\) failed: node e01-cn-demo-0001: step install_image: .* image m-not-exist does not exist$/,
    );
    const [first, second] = await Promise.all(MEMBERS.map((id) => nodeOf(lingjun, id)));
    assert.equal(first?.state, "Using");
    assert.equal(first?.data["ImageId"], "i190297201634099844192");
    assert.partialDeepStrictEqual(second?.data, { ImageId: "m-new", Hostname: "renamed" });
  });

  it("goes on without failed nodes if the caller says so", async () => {
    const parameters = {
      ...CLUSTER_ID,
      Nodes: nodes(MEMBERS.slice(0, 1), { ImageId: "m-not-exist" }),
      IgnoreFailedNodeTasks: true,
    };
    const task = await cloud().start("ReimageNodes", parameters);
    assert.equal(task.state, "succeeded");
    assert.equal(task.items[0]?.status, "failed");
  });

  it("never keeps a password", async () => {
    const Nodes = nodes(MEMBERS, { LoginPassword: "Secret-1" });
    const plan = await cloud().plan("ReimageNodes", { ...CLUSTER_ID, Nodes });
    assert.ok(!JSON.stringify(plan).includes("Secret-1"));
  });

  it("canceled between nodes leaves released ones free and the others in use", async () => {
    const lingjun = cloud();
    const parameters = { ...CLUSTER_ID, NodeGroups: [{ Nodes: nodes(MEMBERS) }] };
    const interference = { step: "cut_nodes", after: 1, how: "cancel" } as const;
    await lingjun.start("ShrinkCluster", parameters, { interference });
    const [first, second] = await Promise.all(MEMBERS.map((id) => nodeOf(lingjun, id)));
    assert.partialDeepStrictEqual(first, { cluster: "", state: "Unused" });
    assert.partialDeepStrictEqual(second, { cluster: DEMO_CLUSTER, state: "Using" });
  });

  const REFUSED = [
    [{ Nodes: [] }, "MissingParameter"],
    [{ Nodes: ["e01-none"] }, "ResourceNotFound"],
    [{ Nodes: FREE }, "InvalidParameter"],
    [{ Nodes: [...FREE, ...MEMBERS] }, "InvalidParameter"],
    [{ ClusterId: DEMO_CLUSTER, Nodes: FREE }, "ResourceNotFound"],
    [{ ClusterId: "i-none", Nodes: MEMBERS }, "ResourceNotFound"],
  ] as const;
  for (const [parameters, code] of REFUSED) {
    it(`is refused: ${JSON.stringify(parameters)}`, async () => {
      await assert.rejects(cloud().plan("RebootNodes", parameters), { code });
    });
  }
});

describe("node groups", () => {
  const NODE_GROUP = { NodeGroupName: "b", Az: "cn-beijing-i", MachineType: "m", ImageId: "i" };

  it("are there as soon as CreateNodeGroup has answered; nodes move between them", async () => {
    const lingjun = cloud();
    const { reply } = await lingjun.plan("CreateNodeGroup", {
      ...CLUSTER_ID,
      NodeGroup: NODE_GROUP,
    });
    const NodeGroupId = String(reply?.["NodeGroupId"]);
    assert.deepEqual(reply, { NodeGroupId, NodeGroupName: "b" });
    await lingjun.start("ChangeNodeGroup", { TargetNodeGroupId: NodeGroupId, Nodes: MEMBERS });
    const group = await lingjun.query("DescribeNodeGroup", { NodeGroupId });
    assert.partialDeepStrictEqual(group, { ...NODE_GROUP, NodeCount: "2", ClusterName: "demo" });
    await assert.rejects(lingjun.plan("DeleteNodeGroup", { NodeGroupId }), {
      code: "ResourceBusy",
      message: /still has 2 nodes/,
    });
  });

  it("renamed, tell their nodes", async () => {
    const lingjun = cloud();
    const parameters = {
      NodeGroupId: DEMO_NODE_GROUP,
      NewNodeGroupName: "c",
      LoginPassword: "Secret-1",
    };
    await lingjun.start("UpdateNodeGroup", parameters);
    const described = () => lingjun.query("DescribeNodeGroup", { NodeGroupId: DEMO_NODE_GROUP });
    assert.equal((await described())["LoginType"], "password");
    const { data } = await nodeOf(lingjun, MEMBERS[0] ?? "");
    assert.equal(data["NodeGroupName"], "c");
    assert.ok(!JSON.stringify(lingjun.resources.snapshot()).includes("Secret-1"));
    const more = { KeyPairName: "k", UserData: "x", RamRoleName: "r" };
    await lingjun.start("UpdateNodeGroup", { NodeGroupId: DEMO_NODE_GROUP, ...more });
    assert.partialDeepStrictEqual(await described(), { LoginType: "both", ...more });
    const { Groups } = await lingjun.query("ListNodeGroups", CLUSTER_ID);
    assert.doesNotMatch(JSON.stringify(Groups), /LoginType|KeyPairName|UserData|RamRoleName/);
  });

  it("want a whole configuration", async () => {
    const { ImageId: _, ...incomplete } = NODE_GROUP;
    await assert.rejects(
      cloud().plan("CreateNodeGroup", { ...CLUSTER_ID, NodeGroup: incomplete }),
      {
        code: "MissingParameter",
      },
    );
    await assert.rejects(cloud().plan("CreateNodeGroup", CLUSTER_ID), { code: "MissingParameter" });
  });

  it("types of nodes are checked before there is a task", async () => {
    const plan = await cloud().plan("ChangeNodeTypes", { NodeIds: MEMBERS, NodeType: "standby" });
    assert.deepEqual(plan.reply?.["NodeResponse"], [
      { Code: "PASSED", Message: "success", NodeId: MEMBERS[0] },
      { Code: "PASSED", Message: "success", NodeId: MEMBERS[1] },
    ]);
    const wrong = cloud().plan("ChangeNodeTypes", { NodeIds: MEMBERS, NodeType: "golden" });
    await assert.rejects(wrong, { code: "InvalidParameter" });
  });
});
