import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeCloud } from "../../../test/support/fake-step-context.ts";
import { productNamed } from "../../../test/support/product-suite.ts";
import type { JsonObject } from "../../core/json.ts";
import { DEMO_CLUSTER, DEMO_NODE_GROUP } from "./world.ts";

const lingjun = new FakeCloud(productNamed("lingjun"));

const COUNTS: readonly (readonly [string, JsonObject, list: string, count: number])[] = [
  ["ListClusters", {}, "Clusters", 1],
  ["ListClusters", { ResourceGroupId: "rg-none" }, "Clusters", 0],
  ["ListClusters", { Tags: [{ Key: "env" }] }, "Clusters", 0],
  ["ListClusterNodes", { ClusterId: DEMO_CLUSTER }, "Nodes", 4],
  ["ListClusterNodes", { ClusterId: DEMO_CLUSTER, NodeGroupId: "ng-none" }, "Nodes", 0],
  ["ListClusterNodes", { ClusterId: DEMO_CLUSTER, OperatingStates: ["Using"] }, "Nodes", 4],
  ["ListClusterNodes", { ClusterId: DEMO_CLUSTER, MaxResults: 3 }, "Nodes", 3],
  ["ListFreeNodes", {}, "Nodes", 4],
  ["ListFreeNodes", { HpnZone: "B1" }, "Nodes", 0],
  ["ListFreeNodes", { Tags: [{ Key: "env" }] }, "Nodes", 0],
  ["ListFreeNodes", { OperatingStates: ["Extending"] }, "Nodes", 0],
  ["ListNodeGroups", {}, "Groups", 1],
  ["ListNodeGroups", { ClusterId: "i-none" }, "Groups", 0],
  ["ListNodeGroups", { NodeGroupId: DEMO_NODE_GROUP }, "Groups", 1],
];

describe("Lingjun reads", () => {
  for (const [action, parameters, list, count] of COUNTS) {
    it(`${action} with ${JSON.stringify(parameters)}`, async () => {
      const answer = await lingjun.query(action, parameters);
      assert.equal((answer[list] as readonly unknown[]).length, count);
    });
  }

  it("DescribeCluster shows counts, and nothing of ours", async () => {
    const cluster = await lingjun.query("DescribeCluster", { ClusterId: DEMO_CLUSTER });
    assert.partialDeepStrictEqual(cluster, {
      ClusterName: "demo",
      OperatingState: "running",
      NodeCount: 4,
      NodeGroupCount: 1,
      CreateTime: "2025-06-01T00:00:00Z",
    });
    assert.ok(Object.keys(cluster).every((name) => /^[A-Z]/.test(name)));
  });

  it("pages go on", async () => {
    const first = await lingjun.query("ListFreeNodes", { MaxResults: 3 });
    const { NextToken = "" } = first;
    const second = await lingjun.query("ListFreeNodes", { MaxResults: 3, NextToken });
    assert.equal((second["Nodes"] as readonly unknown[]).length, 1);
    assert.equal(second["NextToken"], undefined);
  });

  it("find clusters by the tags they were made with", async () => {
    const cloud = new FakeCloud(productNamed("lingjun"));
    await cloud.start("CreateCluster", { Tag: [{ Key: "env", Value: "dev" }] });
    const asked = [{ Key: "env", Value: "dev" }];
    const { Clusters } = await cloud.query("ListClusters", { Tags: asked });
    assert.equal((Clusters as readonly unknown[]).length, 1);
  });

  const UNKNOWN = [
    ["DescribeCluster", { ClusterId: "none" }],
    ["ListClusterNodes", { ClusterId: "none" }],
    ["DescribeNode", { NodeId: "none" }],
    ["DescribeNodeGroup", { NodeGroupId: "none" }],
  ] as const;
  for (const [action, parameters] of UNKNOWN) {
    it(`${action} refuses what does not exist`, async () => {
      await assert.rejects(lingjun.query(action, parameters), { code: "ResourceNotFound" });
    });
  }
});
