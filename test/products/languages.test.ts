import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Json } from "../../src/core/json.ts";
import messages from "../../src/dialects/lingjun/messages.json" with { type: "json" };
import { DEMO_CLUSTER, DEMO_NODE_GROUP } from "../../src/products/lingjun/world.ts";
import { type ProductsBench, startProducts } from "../support/products-bench.ts";

const ACCOUNT = "1000000000000001";
const CLUSTER = { ClusterId: DEMO_CLUSTER };
const MEMBERS = ["e01-cn-demo-0001", "e01-cn-demo-0002"];
const nodes = (ids: readonly string[]) => ids.map((NodeId) => ({ NodeId }));
const bare = (node: string, more: Readonly<Record<string, Json>>) => ({
  ...more,
  NodeGroups: [{ NodeGroupName: "g", Nodes: nodes([node]) }],
});

/** Every kind of task that the product has. */
const CALLS: readonly (readonly [action: string, parameters: Readonly<Record<string, Json>>])[] = [
  ["CreateCluster", bare("e01-cn-demo-0005", { ClusterName: "a" })],
  ["CreateCluster", bare("e01-cn-demo-0006", { ClusterName: "b", ClusterType: "Bare" })],
  [
    "CreateCluster",
    bare("e01-cn-demo-0007", { ClusterName: "c", Components: [{ ComponentType: "ACKEdge" }] }),
  ],
  ["ExtendCluster", { ...CLUSTER, NodeGroups: [{ Nodes: nodes(["e01-cn-demo-0008"]) }] }],
  ["RebootNodes", { ...CLUSTER, Nodes: MEMBERS }],
  ["StopNodes", { Nodes: MEMBERS }],
  ["ReimageNodes", { ...CLUSTER, Nodes: nodes(MEMBERS) }],
  ["ChangeNodeGroup", { TargetNodeGroupId: DEMO_NODE_GROUP, Nodes: MEMBERS }],
  ["ChangeNodeTypes", { NodeIds: MEMBERS, NodeType: "standby" }],
  ["UpdateNodeGroup", { NodeGroupId: DEMO_NODE_GROUP, NewNodeGroupName: "c" }],
  ["ShrinkCluster", { ...CLUSTER, NodeGroups: [{ Nodes: nodes(MEMBERS) }] }],
  [
    "CreateNodeGroup",
    {
      ...CLUSTER,
      NodeGroup: { NodeGroupName: "b", Az: "cn-beijing-i", MachineType: "m", ImageId: "i" },
    },
  ],
  ["DeleteNodeGroup", CLUSTER],
  ["DeleteCluster", CLUSTER],
];

/** All texts of an answer under these names. */
function texts(value: unknown, names: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => texts(one, names));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inside]) =>
    names.includes(name) && typeof inside === "string" ? [inside] : texts(inside, names),
  );
}

describe("Lingjun's DescribeTask", () => {
  let bench: ProductsBench;
  const ids: string[] = [];

  before(async () => {
    bench = await startProducts([ACCOUNT]);
    let group = "";
    for (const [action, parameters] of CALLS) {
      const more = action === "DeleteNodeGroup" ? { NodeGroupId: group } : {};
      const asked = { ...parameters, ...more };
      const { status, body } = await bench.call(ACCOUNT, "lingjun", action, asked);
      assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
      group = body.NodeGroupId ?? group;
      await bench.clock.advance(20_000);
    }
    const { tasks } = await bench.engine.list({ account: ACCOUNT, limit: 100 });
    for (const { id, state } of tasks) {
      assert.equal(state, "succeeded", id);
      ids.push(id);
    }
  });
  after(() => bench.close());

  async function told(language?: string) {
    const answers = [];
    for (const id of ids) {
      const { body } = await bench.send(ACCOUNT, "POST", "/", {
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "x-acs-version": "2022-12-15",
          "x-acs-action": "DescribeTask",
          ...(language !== undefined && { "accept-language": language }),
        },
        body: `TaskId=${id}`,
      });
      answers.push(body);
    }
    return {
      messages: [...new Set(texts(answers, ["Message"]))],
      tags: [...new Set(texts(answers, ["StageTag"]))],
    };
  }
  const ASCII = /^[\x20-\x7e]+$/;

  it("says everything in Chinese to a client that asks for it", async () => {
    const { messages: all, tags } = await told("zh-CN,zh;q=0.9,en;q=0.5");
    for (const text of [...all, ...tags]) assert.doesNotMatch(text, ASCII);
  });

  it("says everything in English to a client that asks for it", async () => {
    const { messages: all, tags } = await told("en-US");
    for (const text of [...all, ...tags]) assert.match(text, ASCII);
    assert.deepEqual([...all].sort(), Object.keys(messages).sort(), "none is missing or too many");
  });

  it("has Chinese tags and English messages otherwise, as the vendor's example", async () => {
    const { messages: all, tags } = await told();
    for (const text of all) assert.match(text, ASCII);
    for (const text of tags) assert.doesNotMatch(text, ASCII);
  });
});
