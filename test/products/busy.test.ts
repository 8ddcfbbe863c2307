import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Json } from "../../src/core/json.ts";
import { DEMO_CLUSTER as ACK_CLUSTER, DEMO_NODE_POOL } from "../../src/products/ack/world.ts";
import { DEMO_CLUSTER as LINGJUN_CLUSTER } from "../../src/products/lingjun/world.ts";
import { type Answer, type ProductsBench, startProducts } from "../support/products-bench.ts";

const ACCOUNT = "1000000000000001";
const ARN = "acs:ecs:1000000000000001:cn-shanghai:instance/i-uf600000000000demo01";

type Parameters = Readonly<Record<string, Json>>;

/** Two operations that conflict, and the answer to the second one. */
interface Case {
  readonly product: string;
  readonly before?: readonly [string, Parameters];
  readonly first: readonly [string, Parameters];
  readonly second: readonly [string, Parameters];
  readonly refusal: readonly [status: number, code: string];
}

const VPC = { provider: "Aliyun", product: "VPC", requestPath: "VPC" };
const CASES: readonly Case[] = [
  {
    product: "ack",
    first: [
      "ScaleClusterNodePool",
      { ClusterId: ACK_CLUSTER, NodepoolId: DEMO_NODE_POOL, count: 2 },
    ],
    second: ["UpgradeCluster", { ClusterId: ACK_CLUSTER }],
    refusal: [400, "ErrorClusterState"],
  },
  {
    product: "lingjun",
    first: [
      "ExtendCluster",
      { ClusterId: LINGJUN_CLUSTER, NodeGroups: [{ Nodes: [{ NodeId: "e01-cn-demo-0005" }] }] },
    ],
    second: ["RebootNodes", { ClusterId: LINGJUN_CLUSTER, Nodes: ["e01-cn-demo-0001"] }],
    refusal: [400, "NotApplicable"],
  },
  {
    product: "bdrc",
    first: ["CheckRules", { ResourceArn: ARN }],
    second: ["CheckRules", { ResourceArn: ARN }],
    refusal: [409, "OperationConflict"],
  },
  {
    product: "cloudcontrol",
    before: ["CreateResource", { ...VPC, body: { VpcId: "vpc-1", CidrBlock: "10.0.0.0/8" } }],
    first: ["UpdateResource", { ...VPC, requestPath: "VPC/vpc-1", body: { VpcName: "one" } }],
    second: ["UpdateResource", { ...VPC, requestPath: "VPC/vpc-1", body: { VpcName: "two" } }],
    refusal: [400, "InvalidOperation.TaskNotCompleted"],
  },
];

const idOf = ({ body }: Answer): string =>
  body.task_id ?? body.TaskId ?? body.Data?.TaskId ?? body.taskId;

for (const busy of ["reject", "queue", undefined] as const) {
  describe(`an operation on something busy, with busy ${busy ?? "left to the products"}`, () => {
    let bench: ProductsBench;
    before(async () => {
      bench = await startProducts([ACCOUNT], { busy });
    });
    after(() => bench.close());
    const start = async (product: string, [action, parameters]: readonly [string, Parameters]) =>
      bench.call(ACCOUNT, product, action, parameters);
    const state = async (id: string) =>
      (await bench.send(ACCOUNT, "GET", `/v1/tasks/${id}`)).body.state;

    for (const { product, before: earlier, first, second, refusal } of CASES) {
      const waits = (busy ?? (product === "bdrc" ? "queue" : "reject")) === "queue";
      it(`${product}: ${waits ? "waits for its turn" : "is refused with the product's code"}`, async () => {
        if (earlier) await start(product, earlier);
        await bench.clock.advance(30_000);
        const one = idOf(await start(product, first));
        const answer = await start(product, second);
        await bench.clock.advance(1_000);
        assert.equal(await state(one), "running");
        if (!waits) {
          const { code = answer.body.Code } = answer.body;
          assert.deepEqual([answer.status, code], refusal, JSON.stringify(answer.body));
        } else {
          assert.equal(await state(idOf(answer)), "pending", JSON.stringify(answer.body));
        }
        await bench.clock.advance(30_000);
        assert.equal(await state(one), "succeeded");
        if (waits) assert.equal(await state(idOf(answer)), "succeeded");
      });
    }
  });
}

describe("operations that had to wait", () => {
  let bench: ProductsBench;
  before(async () => {
    bench = await startProducts([ACCOUNT], { busy: "queue" });
  });
  after(() => bench.close());
  const call = async (product: string, action: string, parameters: Parameters) => {
    const answer = await bench.call(ACCOUNT, product, action, parameters);
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer;
  };
  const task = async (answer: Answer) =>
    (await bench.send(ACCOUNT, "GET", `/v1/tasks/${idOf(answer)}`)).body;
  const lingjunState = async (ClusterId: string) =>
    (await call("lingjun", "DescribeCluster", { ClusterId })).body.OperatingState;
  const ackState = async () =>
    (await call("ack", "DescribeClusterDetail", { ClusterId: ACK_CLUSTER })).body.state;

  it("show their state from their start on, and a canceled one leaves that of the other", async () => {
    const ClusterId = LINGJUN_CLUSTER;
    const node = (NodeId: string) => [{ Nodes: [{ NodeId }] }];
    await call("lingjun", "ExtendCluster", { ClusterId, NodeGroups: node("e01-cn-demo-0005") });
    const NodeGroups = node("e01-cn-demo-0001");
    const shrink = await call("lingjun", "ShrinkCluster", { ClusterId, NodeGroups });
    await bench.clock.advance(1_000);
    assert.equal(await lingjunState(ClusterId), "expanding");
    const nodes = node("e01-cn-demo-0006");
    const idle = await call("lingjun", "ExtendCluster", { ClusterId, NodeGroups: nodes });
    await bench.send(ACCOUNT, "POST", `/v1/tasks/${idOf(idle)}/cancel`, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reason: "changed my mind" }),
    });
    assert.equal((await task(idle)).state, "canceled");
    assert.equal(await lingjunState(ClusterId), "expanding");
    const free = await call("lingjun", "DescribeNode", { NodeId: "e01-cn-demo-0006" });
    assert.equal(free.body.OperatingState, "Unused");
    await bench.clock.advance(4_000);
    assert.equal((await task(shrink)).state, "running");
    assert.equal(await lingjunState(ClusterId), "shrinking");
    await bench.clock.advance(30_000);
    assert.equal(await lingjunState(ClusterId), "running");
    assert.equal((await task(shrink)).state, "succeeded");
  });

  it("fail if their resource is gone", async () => {
    const pool = { ClusterId: ACK_CLUSTER, NodepoolId: DEMO_NODE_POOL };
    const gone = await call("ack", "DeleteClusterNodepool", { ...pool, force: true });
    const late = await call("ack", "ScaleClusterNodePool", { ...pool, count: 1 });
    await bench.clock.advance(30_000);
    assert.equal((await task(gone)).state, "succeeded");
    assert.equal((await task(late)).error.code, "ErrorNodePoolNotFound");
    assert.equal(await ackState(), "running");
    const removal = await call("ack", "DeleteCluster", { ClusterId: ACK_CLUSTER });
    const upgrade = await call("ack", "MigrateCluster", { cluster_id: ACK_CLUSTER });
    await bench.clock.advance(30_000);
    assert.equal((await task(removal)).state, "succeeded");
    assert.equal((await task(upgrade)).error.code, "ErrorClusterNotFound");
    const inside = [];
    for (const kind of ["cluster", "nodepool", "node", "addon", "component", "inspectreport"]) {
      inside.push(...(await bench.engine.resources(ACCOUNT).list({ kind: `ack.${kind}` })));
    }
    assert.deepEqual(inside, []);
  });

  it("delete what was created while they waited", async () => {
    const ClusterId = LINGJUN_CLUSTER;
    const NodeGroups = [{ Nodes: [{ NodeId: "e01-cn-demo-0006" }] }];
    await call("lingjun", "ExtendCluster", { ClusterId, NodeGroups });
    await call("lingjun", "DeleteCluster", { ClusterId });
    const [Nodes] = [["e01-cn-demo-0002"]];
    const late = await call("lingjun", "RebootNodes", { ClusterId, Nodes });
    await bench.clock.advance(60_000);
    assert.equal((await task(late)).error.code, "ResourceNotFound");
    const nodes = await bench.engine.resources(ACCOUNT).list({ kind: "lingjun.node" });
    assert.deepEqual(new Set(nodes.map(({ data }) => data["OperatingState"])), new Set(["Unused"]));
  });
});
