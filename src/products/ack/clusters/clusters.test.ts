import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeCloud } from "../../../../test/support/fake-step-context.ts";
import { productNamed } from "../../../../test/support/product-suite.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Task } from "../../../core/task.ts";
import { CLUSTER, NODE } from "../resources.ts";
import { DEMO_CLUSTER, DEMO_NODE_POOL } from "../world.ts";

const CLUSTER_ID = { ClusterId: DEMO_CLUSTER };
const POOL = { ...CLUSTER_ID, NodepoolId: DEMO_NODE_POOL };
const FIRST = "i-2ze00000000000000001";

function cloud(): FakeCloud {
  return new FakeCloud(productNamed("ack"));
}

async function stateOf(ack: FakeCloud, clusterId = DEMO_CLUSTER) {
  return (await ack.resources.get(CLUSTER, clusterId))?.data["state"];
}

describe("UpgradeCluster", () => {
  it("upgrades the control plane and every node", async () => {
    const ack = cloud();
    await ack.start("UpgradeCluster", { ...CLUSTER_ID, next_version: "1.33.3-aliyun.1" });
    const cluster = await ack.resources.get(CLUSTER, DEMO_CLUSTER);
    const node = await ack.resources.get(NODE, FIRST);
    assert.equal(cluster?.data["current_version"], "1.33.3-aliyun.1");
    assert.equal(node?.data["kubelet_version"], "1.33.3-aliyun.1");
  });

  it("takes the next version if none is named, and leaves nodes alone with master_only", async () => {
    const ack = cloud();
    const task = await ack.start("UpgradeCluster", { ...CLUSTER_ID, master_only: true });
    const cluster = await ack.resources.get(CLUSTER, DEMO_CLUSTER);
    assert.equal(cluster?.data["current_version"], "1.32.1-aliyun.1");
    assert.deepEqual(task.items, []);
    assert.equal((await ack.resources.get(NODE, FIRST))?.data["kubelet_version"], undefined);
  });

  const REFUSED = [
    ["9.99.9", /"9.99.9" is not offered; the versions are 1\.30/],
    ["1.30.7-aliyun.1", /not newer than 1.31.9-aliyun.1/],
  ] as const;
  for (const [next_version, why] of REFUSED) {
    it(`to ${next_version} fails in PreCheck and changes nothing`, async () => {
      const ack = cloud();
      const before = ack.resources.snapshot();
      const task = await ack.start("UpgradeCluster", { ...CLUSTER_ID, next_version });
      assert.equal(task.state, "failed");
      assert.equal(task.error?.code, "PreCheckFailed");
      assert.equal(task.error?.step, "PreCheck");
      assert.match(task.error?.message ?? "", why);
      assert.deepEqual(ack.resources.snapshot(), before);
    });
  }

  it("of a pool beyond its cluster's version fails in PreCheck", async () => {
    const parameters = { ...POOL, kubernetes_version: "1.33.3-aliyun.1" };
    const task = await cloud().start("UpgradeClusterNodepool", parameters);
    assert.match(task.error?.message ?? "", /upgrade the cluster first/);
  });

  it("stopped among the nodes keeps those that are done", async () => {
    const ack = cloud();
    const interference = { step: "UpgradeNodes", after: 2, how: "fail" } as const;
    const task = await ack.start("UpgradeCluster", CLUSTER_ID, { interference });
    const versions = await Promise.all(
      task.items.map(
        async ({ id }) => (await ack.resources.get(NODE, id))?.data["kubelet_version"],
      ),
    );
    assert.deepEqual(versions, ["1.32.1-aliyun.1", undefined, undefined]);
  });
});

describe("CreateCluster", () => {
  const ASKED = {
    name: "another",
    region_id: "cn-hangzhou",
    kubernetes_version: "1.32.1-aliyun.1",
    nodepools: [
      { nodepool_info: { name: "a" }, scaling_group: { desired_size: 2, instance_types: ["t1"] } },
    ],
    addons: [{ name: "coredns" }],
  };

  it("shows the cluster at once and fills it later", async () => {
    const ack = cloud();
    const plan = await ack.plan("CreateCluster", ASKED);
    const clusterId = String(plan.reply?.["cluster_id"]);
    assert.match(clusterId, /^c[0-9a-f]{32}$/);
    assert.equal(await stateOf(ack, clusterId), "initial");
    const parameters = { ClusterId: clusterId };
    assert.deepEqual(await ack.query("DescribeClusterNodePools", parameters), { nodepools: [] });
    await ack.run(plan);
    const detail = await ack.query("DescribeClusterDetail", parameters);
    assert.equal(detail["state"], "running");
    assert.equal(detail["size"], 2);
    const { addons } = await ack.query("ListClusterAddonInstances", { cluster_id: clusterId });
    assert.equal((addons as readonly unknown[]).length, 1);
  });

  it("shows what it was asked for, and in the lists only what they know", async () => {
    const ack = cloud();
    const shown = {
      profile: "Edge",
      proxy_mode: "iptables",
      ip_stack: "dual",
      cluster_domain: "demo.local",
      timezone: "Asia/Tokyo",
      resource_group_id: "rg-1",
      security_group_id: "sg-1",
      node_cidr_mask: "25",
      zone_id: "cn-hangzhou-a",
      extra_sans: ["a.example"],
      maintenance_window: { enable: true, weekly_period: "Monday" },
      operation_policy: { cluster_auto_upgrade: { enabled: true, channel: "stable" } },
      control_plane_config: { size: "xlarge" },
      auto_mode: { enable: true },
    };
    const asked = { ...ASKED, ...shown, enable_rrsa: true, load_balancer_id: "lb-1" };
    const { target } = await ack.start("CreateCluster", asked);
    const parameters = { ClusterId: target.id };
    const detail = await ack.query("DescribeClusterDetail", parameters);
    const expected = { ...shown, rrsa_config: { enabled: true }, external_loadbalancer_id: "lb-1" };
    assert.partialDeepStrictEqual(detail, expected);
    for (const action of ["DescribeClustersV1", "DescribeClustersForRegion"]) {
      const { clusters } = await ack.query(action, { name: "another" });
      const listed = JSON.stringify(clusters);
      assert.match(listed, /"profile":"Edge"/);
      assert.doesNotMatch(listed, /auto_mode|control_plane_config|extra_sans|node_cidr|rrsa/);
    }
    await ack.start("ModifyCluster", {
      ...parameters,
      enable_rrsa: false,
      vswitch_ids: ["a", "b"],
    });
    const changed = await ack.query("DescribeClusterDetail", parameters);
    assert.deepEqual(changed["rrsa_config"], { enabled: false });
    assert.equal(changed["vswitch_id"], "a,b");
    assert.equal(changed["enable_rrsa"], undefined);
  });

  it("makes its node pools as they were asked for, also for callers who know none", async () => {
    const ack = cloud();
    const nodepools = [
      {
        nodepool_info: { name: "a", resource_group_id: "rg-2", nodepool_id: "np-mine" },
        scaling_group: { desired_size: 1, system_disk_category: "cloud_ssd", login_password: "x" },
        kubernetes_config: { labels: [{ key: "k", value: "v" }] },
        management: { auto_repair: false },
        max_nodes: 7,
      },
    ];
    const pools = async (asked: JsonObject) => {
      const { target } = await ack.start("CreateCluster", asked);
      const found = await ack.query("DescribeClusterNodePools", { ClusterId: target.id });
      const { nodes } = await ack.query("DescribeClusterNodes", { ClusterId: target.id });
      return { pool: (found["nodepools"] as JsonObject[])[0], nodes: nodes as JsonObject[] };
    };
    const { pool } = await pools({ ...ASKED, nodepools });
    assert.partialDeepStrictEqual(pool, {
      nodepool_info: { name: "a", resource_group_id: "rg-2" },
      scaling_group: { system_disk_category: "cloud_ssd", login_password: "******" },
      kubernetes_config: { labels: [{ key: "k", value: "v" }] },
      management: { auto_repair: false },
      max_nodes: 7,
    });
    assert.doesNotMatch(JSON.stringify(pool), /np-mine/);

    const older = await pools({
      name: "older",
      region_id: "cn-hangzhou",
      num_of_nodes: 2,
      vswitch_ids: ["vsw-1"],
      worker_instance_types: ["ecs.c7.large"],
      worker_instance_charge_type: "PrePaid",
      worker_system_disk_size: 80,
      worker_period: 1,
      image_id: "m-1",
      key_pair: "demo",
      taints: [{ key: "t", value: "v", effect: "NoSchedule" }],
      runtime: { name: "docker", version: "19.03.5" },
      cloud_monitor_flags: false,
    });
    assert.partialDeepStrictEqual(older.pool, {
      scaling_group: {
        desired_size: 2,
        vswitch_ids: ["vsw-1"],
        instance_types: ["ecs.c7.large"],
        instance_charge_type: "PrePaid",
        system_disk_size: 80,
        period: 1,
        key_pair: "demo",
      },
      kubernetes_config: { runtime: "docker", runtime_version: "19.03.5", cms_enabled: false },
    });
    const machine = { instance_type: "ecs.c7.large", instance_charge_type: "PrePaid" };
    assert.equal(older.nodes.length, 2);
    for (const node of older.nodes) {
      assert.partialDeepStrictEqual(node, { ...machine, image_id: "m-1" });
    }
  });

  it("failed leaves a failed cluster, which takes nothing but its deletion", async () => {
    const ack = cloud();
    const interference = { step: "CreateControlPlane", how: "fail" } as const;
    const task = await ack.start("CreateCluster", ASKED, { interference });
    const parameters = { ClusterId: task.target.id };
    assert.equal(await stateOf(ack, task.target.id), "failed");
    await assert.rejects(ack.plan("UpgradeCluster", parameters), {
      code: "ResourceBusy",
      message: /in state failed; delete it/,
    });
    await ack.start("DeleteCluster", parameters);
    assert.equal(await stateOf(ack, task.target.id), undefined);
  });

  it("refuses a name that is taken, and an unknown version", async () => {
    await assert.rejects(cloud().plan("CreateCluster", { ...ASKED, name: "demo" }), {
      code: "ResourceExists",
    });
    await assert.rejects(cloud().plan("CreateCluster", { ...ASKED, kubernetes_version: "2" }), {
      code: "InvalidParameter",
    });
  });
});

describe("DeleteCluster", () => {
  it("takes everything of the cluster with it", async () => {
    const ack = cloud();
    await ack.start("DeleteCluster", CLUSTER_ID);
    assert.deepEqual(ack.resources.snapshot(), []);
  });

  it("refuses a protected cluster until ModifyCluster frees it", async () => {
    const ack = cloud();
    await ack.start("ModifyCluster", { ...CLUSTER_ID, deletion_protection: true });
    await assert.rejects(ack.plan("DeleteCluster", CLUSTER_ID), { code: "InvalidParameter" });
    await ack.start("ModifyCluster", { ...CLUSTER_ID, deletion_protection: false });
    await ack.start("DeleteCluster", CLUSTER_ID);
  });

  it("failed leaves the cluster in state delete_failed", async () => {
    const ack = cloud();
    const interference = { step: "ReleaseResources", how: "fail" } as const;
    await ack.start("DeleteCluster", CLUSTER_ID, { interference });
    assert.equal(await stateOf(ack), "delete_failed");
  });
});

describe("addons", () => {
  it("installed twice fail with the published words", async () => {
    const parameters = { ...CLUSTER_ID, body: [{ name: "coredns", version: "v1" }] };
    const task = await cloud().start("InstallClusterAddons", parameters);
    assert.equal(task.error?.code, "BadRequest");
    assert.match(task.error?.message ?? "", /Addon status not match/);
    assert.deepEqual(
      task.items.map((item) => item.status),
      ["failed"],
    );
  });

  it("that are not there cannot be upgraded or removed", async () => {
    const upgrade = { ...CLUSTER_ID, body: [{ component_name: "nginx", next_version: "v1" }] };
    const remove = { ...CLUSTER_ID, body: [{ name: "nginx" }] };
    const unknown = { code: "ResourceNotFound", facts: { kind: "addon", id: "nginx" } };
    await assert.rejects(cloud().plan("UpgradeClusterAddons", upgrade), unknown);
    await assert.rejects(cloud().plan("UnInstallClusterAddons", remove), unknown);
  });

  it("have a name", async () => {
    for (const body of [[], [{ version: "v1" }]]) {
      const parameters = { ...CLUSTER_ID, body };
      await assert.rejects(cloud().plan("InstallClusterAddons", parameters), {
        code: "MissingParameter",
      });
    }
  });
});

describe("every operation on a cluster", () => {
  it("refuses one that does not exist, and pools of another", async () => {
    const ack = cloud();
    const { target } = await ack.start("CreateCluster", { name: "b", region_id: "cn-beijing" });
    for (const ClusterId of ["c-unknown", target.id]) {
      const parameters = { ClusterId, NodepoolId: DEMO_NODE_POOL, count: 1 };
      const facts =
        ClusterId === target.id
          ? { kind: "nodepool", id: DEMO_NODE_POOL }
          : { kind: "cluster", id: ClusterId };
      await assert.rejects(ack.plan("ScaleClusterNodePool", parameters), {
        code: "ResourceNotFound",
        facts,
      });
    }
  });

  it("holds its cluster's key, so that there is one at a time", async () => {
    const plans = await Promise.all([
      cloud().plan("UpgradeCluster", CLUSTER_ID),
      cloud().plan("ScaleClusterNodePool", { ...POOL, count: 1 }),
      cloud().plan("ModifyClusterNodePool", POOL),
    ]);
    for (const plan of plans) {
      assert.equal(plan.concurrencyKey, `ack/cluster/${DEMO_CLUSTER}`);
      assert.equal(plan.whenBusy, "reject");
    }
    const looking = await cloud().plan("ScanClusterVuls", { cluster_id: DEMO_CLUSTER });
    assert.notEqual(looking.concurrencyKey, `ack/cluster/${DEMO_CLUSTER}`);
  });
});

describe("node pools", () => {
  it("with nodes are deleted only by force", async () => {
    await assert.rejects(cloud().plan("DeleteClusterNodepool", POOL), {
      code: "InvalidParameter",
      message: /^force is required \(true\) because node pool np\w+ still has 3 nodes$/,
      facts: { parameter: "force", found: "nothing", expected: "true" },
    });
  });

  it("keep the fields that a change does not name", async () => {
    const ack = cloud();
    await ack.start("ModifyClusterNodePool", { ...POOL, auto_scaling: { enable: true } });
    const detail = await ack.query("DescribeClusterNodePoolDetail", POOL);
    assert.deepEqual(detail["auto_scaling"], {
      enable: true,
      min_instances: 0,
      max_instances: 50,
      type: "cpu",
    });
  });

  it("repair makes failed nodes ready", async () => {
    const ack = cloud();
    const interference = { step: "JoinCluster", how: "cancel" } as const;
    await ack.start("ScaleClusterNodePool", { ...POOL, count: 1 }, { interference });
    const failed = await ack.query("DescribeClusterNodes", { ...CLUSTER_ID, state: "failed" });
    assert.equal((failed["nodes"] as readonly unknown[]).length, 1);
    const parameters = { cluster_id: DEMO_CLUSTER, nodepool_id: DEMO_NODE_POOL };
    await ack.start("RepairClusterNodePool", parameters);
    const detail = await ack.query("DescribeClusterNodePoolDetail", POOL);
    assert.partialDeepStrictEqual(detail["status"], { healthy_nodes: 4, failed_nodes: 0 });
  });

  it("components that are not there cannot be changed", async () => {
    const parameters = { clusterId: DEMO_CLUSTER, nodepoolId: DEMO_NODE_POOL, name: "none" };
    for (const action of ["UpdateNodePoolComponentInstance", "DeleteNodePoolComponentInstance"]) {
      await assert.rejects(cloud().plan(action, parameters), { code: "ResourceNotFound" });
    }
  });
});

it("every failure names its step and says why", async () => {
  const failures: Task[] = [
    await cloud().start("UpgradeCluster", { ...CLUSTER_ID, next_version: "9" }),
    await cloud().start("ScaleClusterNodePool", { ...POOL, count: 100 }),
    await cloud().start("InstallClusterAddons", { ...CLUSTER_ID, body: [{ name: "coredns" }] }),
  ];
  for (const { error } of failures) {
    assert.ok(error?.message.startsWith(`step ${error.step}: `), error?.message);
    assert.equal(error?.retryable, false);
  }
});
