import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeCloud } from "../../../../test/support/fake-step-context.ts";
import { productNamed } from "../../../../test/support/product-suite.ts";
import type { JsonObject } from "../../../core/json.ts";
import { NODE, POOL_QUOTA } from "../resources.ts";
import { DEMO_CLUSTER, DEMO_NODE_POOL } from "../world.ts";

const POOL = { ClusterId: DEMO_CLUSTER, NodepoolId: DEMO_NODE_POOL };
const FIRST = "i-2ze00000000000000001";

function cloud(): FakeCloud {
  return new FakeCloud(productNamed("ack"));
}

async function nodes(from: FakeCloud): Promise<readonly JsonObject[]> {
  const found = await from.resources.list({ kind: NODE, parent: DEMO_CLUSTER });
  return found.map((node) => node.data);
}

describe("a scale-out", () => {
  it("changes nothing but the state of cluster and pool before its steps do", async () => {
    const ack = cloud();
    const before = ack.resources.snapshot();
    await ack.plan("ScaleClusterNodePool", { ...POOL, count: 2 });
    const changed = ack.resources
      .snapshot()
      .filter((resource, index) => JSON.stringify(resource) !== JSON.stringify(before[index]));
    assert.deepEqual(
      changed.map(({ kind, data }) => [kind, data["state"]]),
      [
        ["ack.cluster", "scaling"],
        ["ack.nodepool", "scaling"],
      ],
    );
  });

  it("gives each instance its own address, and a type the pool has", async () => {
    const ack = cloud();
    await ack.start("ScaleClusterNodePool", { ...POOL, count: 5 });
    const found = await nodes(ack);
    assert.equal(found.length, 8);
    assert.equal(new Set(found.map((node) => node["node_name"])).size, 8);
    assert.ok(found.every((node) => node["instance_type"] === "ecs.g7.xlarge"));
    assert.ok(found.every((node) => node["node_status"] === "Ready"));
  });

  it("tells of itself as ACK does", async () => {
    const task = await cloud().start("ScaleClusterNodePool", { ...POOL, count: 2 });
    assert.deepEqual(
      task.notices.map(({ action, level, reason, source }) => [action, level, reason, source]),
      [
        ["start", "Normal", "NodePoolScaleOutStart", "ACK"],
        ["finish", "Normal", "NodePoolScaleOutSucceed", "ACK"],
      ],
    );
    assert.deepEqual(task.attributes["target"], { type: "cluster", id: DEMO_CLUSTER });
    assert.equal(task.attributes["clusterId"], DEMO_CLUSTER);
    assert.deepEqual(task.target, { type: "cluster", id: DEMO_CLUSTER, name: "demo" });
    assert.equal(task.steps[0]?.message, "success to prepare the scale-out");
  });

  it("beyond the quota fails at last, and keeps the nodes that fitted", async () => {
    const ack = cloud();
    const task = await ack.start("ScaleClusterNodePool", { ...POOL, count: POOL_QUOTA });
    assert.equal(task.state, "failed");
    assert.equal(task.error?.code, "QuotaExceed.ElasticQuota");
    assert.match(task.error?.message ?? "", /^step VerifyNodes: 3 of 50 instances could not/);
    assert.equal(task.items.filter((item) => item.status === "success").length, POOL_QUOTA - 3);
    assert.equal(task.items.filter((item) => item.status === "failed").length, 3);
    assert.equal(task.notices.at(-1)?.reason, "NodePoolScaleOutFailed");
    assert.equal(task.notices.at(-1)?.level, "Warning");
    assert.equal((await nodes(ack)).length, POOL_QUOTA);
  });

  it("canceled while nodes join leaves those that did, and failed ones", async () => {
    const ack = cloud();
    const interference = { step: "JoinCluster", after: 2, how: "cancel" } as const;
    const task = await ack.start("ScaleClusterNodePool", { ...POOL, count: 4 }, { interference });
    assert.deepEqual(
      task.items.map((item) => item.status),
      ["success", "success", "initial", "initial"],
    );
    for (const { id, status } of task.items) {
      const node = await ack.resources.get(NODE, id);
      assert.equal(node?.data["state"], status === "success" ? "running" : "failed");
    }
  });

  for (const count of [0, -1, 501, "many", 1.5]) {
    it(`of ${count} nodes is refused`, async () => {
      await assert.rejects(cloud().plan("ScaleClusterNodePool", { ...POOL, count }), {
        code: "InvalidParameter",
      });
    });
  }

  it("of a cluster without a node pool is refused", async () => {
    const ack = cloud();
    await ack.start("DeleteClusterNodepool", { ...POOL, force: true });
    const parameters = {
      ClusterId: DEMO_CLUSTER,
      count: 1,
      vswitch_ids: ["vsw-1"],
      worker_instance_types: ["t"],
    };
    await assert.rejects(ack.plan("ScaleOutCluster", parameters), {
      code: "ResourceNotFound",
      facts: { kind: "nodepool", id: "default" },
    });
  });

  it("never keeps a password", async () => {
    const parameters = { ClusterId: DEMO_CLUSTER, instances: ["i-a"], password: "Secret-1" };
    const plan = await cloud().plan("AttachInstances", parameters);
    assert.ok(!JSON.stringify(plan).includes("Secret-1"));
    assert.equal(plan.input["password"], "******");
  });

  it("answers AttachInstances with the fate of each instance", async () => {
    const parameters = { ClusterId: DEMO_CLUSTER, instances: ["i-a"] };
    const { reply } = await cloud().plan("AttachInstances", parameters);
    assert.deepEqual(reply, {
      list: [{ code: "200", instanceId: "i-a", message: "successful" }],
    });
  });

  it("refuses to attach what is a node already", async () => {
    const parameters = { ...POOL, instances: [FIRST] };
    await assert.rejects(cloud().plan("AttachInstancesToNodePool", parameters), {
      code: "ResourceExists",
    });
  });
});

describe("removing nodes", () => {
  it("takes names and instance ids", async () => {
    const ack = cloud();
    const nodesAsked = ["cn-beijing.192.168.0.102", FIRST, FIRST];
    const task = await ack.start("DeleteClusterNodes", {
      ClusterId: DEMO_CLUSTER,
      nodes: nodesAsked,
      drain_node: true,
      release_node: true,
    });
    assert.equal(task.items.length, 2);
    assert.equal((await nodes(ack)).length, 1);
    assert.equal((task.outputs["released_instance_ids"] as readonly string[]).length, 2);
  });

  it("canceled half-way leaves what the items say", async () => {
    const ack = cloud();
    const parameters = {
      ...POOL,
      instance_ids: (await nodes(ack)).map((node) => node["instance_id"] ?? ""),
    };
    const interference = { step: "RemoveNodes", after: 1, how: "cancel" } as const;
    const task = await ack.start("RemoveNodePoolNodes", parameters, { interference });
    assert.deepEqual(
      task.items.map((item) => item.status),
      ["success", "initial", "initial"],
    );
    const left = await nodes(ack);
    assert.deepEqual(
      left.map((node) => node["state"]),
      ["running", "running"],
    );
  });

  it("takes less time if they may go side by side", async () => {
    const lasts = async (concurrency: boolean) => {
      const ack = cloud();
      const task = await ack.start("RemoveNodePoolNodes", {
        ...POOL,
        instance_ids: [FIRST],
        drain_node: true,
        concurrency,
      });
      return ack.totalMs(task);
    };
    assert.ok((await lasts(true)) < (await lasts(false)) - 2_000);
  });

  it("refuses nodes of elsewhere", async () => {
    const parameters = { ...POOL, instance_ids: [FIRST, "i-elsewhere"] };
    await assert.rejects(cloud().plan("RemoveNodePoolNodes", parameters), {
      code: "ResourceNotFound",
      facts: { kind: "node", id: "i-elsewhere" },
    });
  });

  it("wants at least one", async () => {
    await assert.rejects(cloud().plan("RemoveNodePoolNodes", POOL), { code: "MissingParameter" });
  });
});

/** What Terraform reads back as `desired_size`. */
describe("the desired size of a pool", () => {
  const created = async (max_nodes = 10) => {
    const ack = cloud();
    const task = await ack.start("CreateClusterNodePool", {
      ClusterId: DEMO_CLUSTER,
      nodepool_info: { name: "sized" },
      scaling_group: { desired_size: 2, instance_types: ["ecs.c7.large"] },
      max_nodes,
    });
    const pool = { ClusterId: DEMO_CLUSTER, NodepoolId: String(task.attributes["nodePoolId"]) };
    const detail = () => ack.query("DescribeClusterNodePoolDetail", pool);
    const sizes = async () => {
      const { scaling_group: group, status } = await detail();
      return [(group as JsonObject)["desired_size"], (status as JsonObject)["total_nodes"]];
    };
    const members = async () =>
      (await nodes(ack)).filter((node) => node["nodepool_id"] === pool.NodepoolId);
    return { ack, pool, task, detail, sizes, members };
  };
  const sized = (desired_size: number) => ({ scaling_group: { desired_size } });

  it("is reached by ModifyClusterNodePool, up and down, in the stage that scales", async () => {
    const { ack, pool, sizes, members } = await created();
    assert.deepEqual(await sizes(), [2, 2]);
    const first = (await members()).map((node) => String(node["instance_id"]));
    const old = ack.resources.writer();
    for (const id of first) {
      old.update(NODE, id, (data) => ({ ...data, creation_time: "2025-06-01T08:00:00+08:00" }));
    }
    old.commit();
    const plan = await ack.plan("ModifyClusterNodePool", { ...pool, ...sized(4) });
    assert.deepEqual(await sizes(), [2, 2]);
    const up = await ack.run(plan);
    assert.deepEqual(
      up.items.map(({ status }) => status),
      ["success", "success"],
    );
    assert.deepEqual(await sizes(), [4, 4]);
    assert.ok((await members()).every((node) => node["instance_type"] === "ecs.c7.large"));

    await ack.start("ModifyClusterNodePool", { ...pool, ...sized(2) });
    assert.deepEqual(await sizes(), [2, 2]);
    assert.deepEqual((await members()).map((node) => node["instance_id"]).sort(), first.sort());
    const same = await ack.start("ModifyClusterNodePool", { ...pool, ...sized(2) });
    assert.deepEqual(same.items, []);
  });

  it("follows what comes and goes otherwise", async () => {
    const { ack, pool, sizes, members } = await created();
    await ack.start("ScaleClusterNodePool", { ...pool, count: 3 });
    assert.deepEqual(await sizes(), [5, 5]);
    const ids = (await members()).slice(0, 2).map((node) => node["instance_id"] ?? "");
    const interference = { step: "RemoveNodes", after: 1, how: "cancel" } as const;
    await ack.start("RemoveNodePoolNodes", { ...pool, instance_ids: ids }, { interference });
    assert.deepEqual(await sizes(), [4, 4]);
    await ack.start("DeleteClusterNodes", {
      ClusterId: DEMO_CLUSTER,
      nodes: (await members()).map((node) => node["instance_id"] ?? ""),
    });
    assert.deepEqual(await sizes(), [0, 0]);
  });

  it("canceled while it scales leaves all nodes as they were", async () => {
    const { ack, pool, members } = await created();
    const interference = { step: "ScaleNodes", how: "cancel" } as const;
    await ack.start("ModifyClusterNodePool", { ...pool, ...sized(9) }, { interference });
    assert.equal((await members()).length, 2);
  });

  it("is bounded by max_nodes, which the caller may choose", async () => {
    const { ack, pool, detail } = await created(3);
    assert.equal((await detail())["max_nodes"], 3);
    await assert.rejects(ack.plan("ModifyClusterNodePool", { ...pool, ...sized(4) }), {
      code: "InvalidParameter",
      facts: { parameter: "desired_size", found: "4", expected: "a whole number from 0 to 3" },
    });
    const { task, sizes } = await created(1);
    assert.equal(task.error?.code, "QuotaExceed.ElasticQuota");
    assert.deepEqual(await sizes(), [2, 1]);
  });
});

describe("nodes of callers who know no pools", () => {
  it("are like the call says, not like the pool", async () => {
    const ack = cloud();
    const task = await ack.start("ScaleOutCluster", {
      ClusterId: DEMO_CLUSTER,
      count: 1,
      vswitch_ids: ["vsw-1"],
      worker_instance_types: ["ecs.c7.large"],
      worker_instance_charge_type: "PrePaid",
      image_id: "m-1",
    });
    const node = await ack.resources.get(NODE, task.items[0]?.id ?? "");
    assert.partialDeepStrictEqual(node?.data, {
      instance_type: "ecs.c7.large",
      instance_type_family: "ecs.c7",
      instance_charge_type: "PrePaid",
      image_id: "m-1",
    });
    const attached = { ClusterId: DEMO_CLUSTER, instances: ["i-a"], image_id: "m-2" };
    await ack.start("AttachInstances", attached);
    const other = (await ack.resources.get(NODE, "i-a"))?.data;
    assert.partialDeepStrictEqual(other, { image_id: "m-2", instance_type: "ecs.g7.xlarge" });
  });
});
