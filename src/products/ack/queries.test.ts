import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeCloud } from "../../../test/support/fake-step-context.ts";
import { productNamed } from "../../../test/support/product-suite.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { DEMO_CLUSTER, DEMO_NODE_POOL } from "./world.ts";

const CLUSTER = { ClusterId: DEMO_CLUSTER };
const POOL = { ...CLUSTER, NodepoolId: DEMO_NODE_POOL };

const ack = new FakeCloud(productNamed("ack"));

function list(value: Json | undefined): readonly JsonObject[] {
  assert.ok(Array.isArray(value));
  return value as readonly JsonObject[];
}

describe("ACK reads", () => {
  it("DescribeClusterDetail", async () => {
    const detail = await ack.query("DescribeClusterDetail", CLUSTER);
    assert.partialDeepStrictEqual(detail, {
      cluster_id: DEMO_CLUSTER,
      name: "demo",
      state: "running",
      current_version: "1.31.9-aliyun.1",
      size: 3,
      created: "2025-06-01T08:00:00+08:00",
    });
  });

  it("DescribeClustersV1 filters and pages", async () => {
    const all = await ack.query("DescribeClustersV1", { page_size: 1 });
    assert.equal(list(all["clusters"]).length, 1);
    assert.deepEqual(all["page_info"], { page_number: 1, page_size: 1, total_count: 1 });
    const none = await ack.query("DescribeClustersV1", { name: "other" });
    assert.deepEqual(none["clusters"], []);
    const here = await ack.query("DescribeClustersForRegion", { region_id: "cn-beijing" });
    assert.equal(list(here["clusters"]).length, 1);
  });

  it("DescribeClusterNodePools and its detail count the nodes", async () => {
    const detail = await ack.query("DescribeClusterNodePoolDetail", POOL);
    assert.deepEqual(detail["status"], {
      state: "active",
      total_nodes: 3,
      healthy_nodes: 3,
      serving_nodes: 3,
      offline_nodes: 0,
      initial_nodes: 0,
      failed_nodes: 0,
      removing_nodes: 0,
    });
    const pools = await ack.query("DescribeClusterNodePools", CLUSTER);
    assert.deepEqual(pools["nodepools"], [detail]);
    const none = await ack.query("DescribeClusterNodePools", { ...CLUSTER, NodepoolName: "x" });
    assert.deepEqual(none["nodepools"], []);
  });

  const NODES = [
    [{}, 3],
    [{ nodepool_id: DEMO_NODE_POOL }, 3],
    [{ nodepool_id: "np-none" }, 0],
    [{ state: "running" }, 3],
    [{ state: "removing" }, 0],
    [{ instanceIds: "i-2ze00000000000000001,i-2ze00000000000000003" }, 2],
    [{ nodeNames: "cn-beijing.192.168.0.102" }, 1],
    [{ nodeIps: "192.168.0.103" }, 1],
    [{ pageSize: "2", pageNumber: "2" }, 1],
  ] as const;
  for (const [parameters, count] of NODES) {
    it(`DescribeClusterNodes with ${JSON.stringify(parameters)}`, async () => {
      const { nodes } = await ack.query("DescribeClusterNodes", { ...CLUSTER, ...parameters });
      assert.equal(list(nodes).length, count);
    });
  }

  it("components and reports show after their tasks", async () => {
    const cloud = new FakeCloud(productNamed("ack"));
    const pool = { clusterId: DEMO_CLUSTER, nodepoolId: DEMO_NODE_POOL };
    const components = [{ name: "driver", version: "1", config: { custom_config: {} } }];
    await cloud.start("CreateNodePoolComponentInstances", { ...pool, components });
    const { component_instances } = await cloud.query("ListNodePoolComponentInstances", pool);
    assert.deepEqual(component_instances, [{ ...components[0], state: "active" }]);
    const { attributes } = await cloud.start("RunClusterInspect", { clusterId: DEMO_CLUSTER });
    const reportId = attributes["reportId"] ?? "";
    const { reports } = await cloud.query("ListClusterInspectReports", { clusterId: DEMO_CLUSTER });
    assert.equal(list(reports)[0]?.["reportId"], reportId);
    const report = await cloud.query("GetClusterInspectReportDetail", {
      clusterId: DEMO_CLUSTER,
      reportId,
    });
    assert.partialDeepStrictEqual(report, { status: "completed", summary: { normalCount: 3 } });
  });

  it("a report has the items that were checked, to choose from", async () => {
    const cloud = new FakeCloud(productNamed("ack"));
    const cluster = { clusterId: DEMO_CLUSTER };
    const report = async () => {
      const { attributes } = await cloud.start("RunClusterInspect", cluster);
      return { ...cluster, reportId: attributes["reportId"] ?? "" };
    };
    const asked = await report();
    const detail = (more = {}) =>
      cloud.query("GetClusterInspectReportDetail", { ...asked, ...more });
    const uids = async (more = {}) =>
      list((await detail(more))["checkItemResults"]).map(({ checkItemUid }) => checkItemUid);
    const all = [
      "AutoRepairDisabled",
      "DeletionProtectionDisabled",
      "KubernetesVersionOutdated",
      "NodeNotReady",
      "NodePoolQuota",
    ];
    const summary = { errorCount: 0, warnCount: 1, adviceCount: 1, normalCount: 3 };
    assert.deepEqual((await detail())["summary"], { code: "warning", ...summary });
    assert.equal((await detail())["found"], undefined);
    assert.deepEqual(await uids(), all);
    assert.deepEqual(await uids({ enableFilter: true }), all.slice(1, 3));
    assert.deepEqual(await uids({ category: "limitation" }), ["NodePoolQuota"]);
    assert.deepEqual(await uids({ level: "error", targetType: "Node" }), ["NodeNotReady"]);
    const { nextToken = "" } = await detail({ maxResults: 2 });
    assert.deepEqual(await uids({ maxResults: 50, nextToken }), all.slice(2));
    const [item] = list((await detail({ category: "security" }))["checkItemResults"]);
    assert.deepEqual(item, {
      checkItemUid: "DeletionProtectionDisabled",
      name: "Deletion protection",
      description: "The cluster is not protected against deletion",
      fix: "Switch deletion protection on",
      category: "security",
      level: "advice",
      targetType: "Cluster",
      targets: [DEMO_CLUSTER],
      result: "true",
    });
    const [chinese] = list((await detail({ language: "zh_CN" }))["checkItemResults"]);
    assert.equal(chinese?.["name"], "自动修复");

    await cloud.start("ModifyCluster", { ClusterId: DEMO_CLUSTER, deletion_protection: true });
    const later = await cloud.query("GetClusterInspectReportDetail", await report());
    assert.partialDeepStrictEqual(later, { summary: { adviceCount: 0, normalCount: 4 } });
    const { clusterId } = await elsewhere(cloud);
    await assert.rejects(cloud.query("GetClusterInspectReportDetail", { ...asked, clusterId }), {
      code: "ResourceNotFound",
      facts: { kind: "report", id: asked.reportId },
    });
  });

  it("GetClusterAddonInstance", async () => {
    const parameters = { cluster_id: DEMO_CLUSTER, instance_name: "coredns" };
    assert.equal((await ack.query("GetClusterAddonInstance", parameters))["state"], "active");
    await assert.rejects(
      ack.query("GetClusterAddonInstance", { ...parameters, instance_name: "none" }),
      { code: "ResourceNotFound" },
    );
  });

  for (const action of Object.keys(productNamed("ack").queries)) {
    if (/Clusters/.test(action)) continue;
    it(`${action} refuses what does not exist`, async () => {
      const none = {
        ClusterId: "c-none",
        cluster_id: "c-none",
        clusterId: "c-none",
        NodepoolId: "np-none",
        nodepoolId: "np-none",
        reportId: "none",
        instance_name: "none",
      };
      await assert.rejects(ack.query(action, none), { code: "ResourceNotFound" });
    });
  }
});

async function elsewhere(cloud: FakeCloud): Promise<{ clusterId: string }> {
  const { target } = await cloud.start("CreateCluster", { name: "other", region_id: "r" });
  return { clusterId: target.id };
}
