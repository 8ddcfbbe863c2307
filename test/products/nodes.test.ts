import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DEMO_CLUSTER } from "../../src/products/lingjun/world.ts";
import { type ProductsBench, startProducts } from "../support/products-bench.ts";

const ACCOUNT = "1000000000000001";
const NodeId = "e01-cn-demo-0001";

describe("a stopped Lingjun node", () => {
  let bench: ProductsBench;
  const call = async (action: string, parameters: Parameters<ProductsBench["call"]>[3]) =>
    (await bench.call(ACCOUNT, "lingjun", action, parameters)).body;
  const state = async () => (await call("DescribeNode", { NodeId })).OperatingState;
  const cancel = (id: string) =>
    bench.engine.cancel(ACCOUNT, id, { by: "test", reason: "the test" });
  before(async () => {
    bench = await startProducts([ACCOUNT]);
    await call("StopNodes", { Nodes: [NodeId] });
    await bench.clock.advance(10_000);
  });
  after(() => bench.close());

  // The sub task begins after 700 ms.
  for (const ms of [0, 300, 1_000]) {
    it(`is stopped still when what was to be done to it is canceled after ${ms} ms`, async () => {
      assert.equal(await state(), "Stopped");
      const { TaskId } = await call("RebootNodes", { ClusterId: DEMO_CLUSTER, Nodes: [NodeId] });
      await bench.clock.advance(ms);
      const shown = await call("DescribeNode", { NodeId });
      assert.equal(shown.OperatingState, "Rebooting");
      assert.ok(!Object.keys(shown).includes("stateAtRest"));
      await cancel(TaskId);
      await bench.clock.advance(60_000);
      assert.equal(await state(), "Stopped");
    });
  }

  it("is in use after a reboot", async () => {
    await call("RebootNodes", { ClusterId: DEMO_CLUSTER, Nodes: [NodeId] });
    await bench.clock.advance(10_000);
    assert.equal(await state(), "Using");
  });
});
