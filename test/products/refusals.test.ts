import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import type { Json } from "../../src/core/json.ts";
import { DEMO_CLUSTER, DEMO_NODE_POOL } from "../../src/products/ack/world.ts";
import { type ProductsBench, startProducts } from "../support/products-bench.ts";

const ACCOUNT = "1000000000000001";

let bench: ProductsBench;
before(async () => {
  bench = await startProducts([ACCOUNT]);
});
after(() => bench.close());

function ack(action: string, parameters: Readonly<Record<string, Json>>) {
  return bench.call(ACCOUNT, "ack", action, parameters);
}

it("ACK refuses with its own error to attach an instance that is a node", async () => {
  const asked = {
    ClusterId: DEMO_CLUSTER,
    NodepoolId: DEMO_NODE_POOL,
    instances: ["i-2ze00000000000000001"],
  };
  const { status, body } = await ack("AttachInstancesToNodePool", asked);
  assert.deepEqual([status, body.code], [400, "ErrorInstanceInUse"]);
  const again = { name: "demo", region_id: "cn-beijing" };
  assert.equal((await ack("CreateCluster", again)).body.code, "ErrorClusterNameAlreadyExist");
});

it("ACK names the state of a cluster that prevents the operation", async () => {
  const { body } = await ack("CreateCluster", { name: "broken", region_id: "cn-beijing" });
  await bench.clock.advance(500);
  const busy = await ack("MigrateCluster", { cluster_id: body.cluster_id });
  assert.equal(busy.body.message, "cannot operate cluster where state is updating");
  await ack("CancelTask", { task_id: body.task_id });
  await bench.clock.advance(500);
  const failed = await ack("MigrateCluster", { cluster_id: body.cluster_id });
  assert.deepEqual([failed.status, failed.body.code], [400, "ErrorClusterState"]);
  assert.equal(failed.body.message, "cannot operate cluster where state is failed");
});
