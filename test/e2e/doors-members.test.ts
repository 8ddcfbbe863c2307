import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { lingjunDialect } from "../../src/dialects/lingjun/routes.ts";
import { type Caller, CLUSTERS, Doors } from "../support/doors.ts";

/* Row 12 of issue 14: the cluster of a node or a node group is looked up before the decision. */

const CLUSTER = CLUSTERS["lingjun"] ?? "";
const NODE = "e01-cn-demo-0001";
const FREE = "e01-cn-demo-0005";
const GROUP = "ng-000000000000da01";

let doors: Doors;
let denied: Caller;
let only: Caller;
let other: Caller;

before(async () => {
  doors = await Doors.open({ speed: 0.05 });
  const all = { Effect: "Allow", Action: "*", Resource: "*" };
  const on = (prefix: string, cluster: string) => `acs:${prefix}:*:*:cluster/${cluster}`;
  const ack = on("cs", CLUSTERS["ack"] ?? "");
  denied = await doors.key(all, {
    Effect: "Deny",
    Action: "*",
    Resource: [on("eflo", CLUSTER), ack],
  });
  only = await doors.key({ Effect: "Allow", Action: "*", Resource: [on("eflo", CLUSTER), ack] });
  other = await doors.key({ Effect: "Allow", Action: "*", Resource: on("eflo", "another") });
});

after(() => doors.close());

function rpc(caller: Caller, action: string, parameters: Record<string, string>) {
  return caller.send({
    method: "POST",
    // Refused after the decision, so that nothing is started.
    path: "/?Format=none",
    headers: {
      "x-acs-version": "2022-12-15",
      "x-acs-action": action,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: String(new URLSearchParams(parameters)),
  });
}

/** Each parameter of an operation that can name a node or a group, in each form in which a client can send it. */
function forms(): { action: string; parameters: Record<string, string> }[] {
  return lingjunDialect.operations.flatMap(({ action, params }) =>
    params.flatMap(({ name }) => formsOf(name).map((parameters) => ({ action, parameters }))),
  );
}

function formsOf(name: string): readonly Record<string, string>[] {
  const nodes = JSON.stringify([{ NodeId: NODE, ImageId: "img-1" }]);
  switch (name) {
    case "NodeId":
      return [{ NodeId: NODE }];
    case "NodeIds":
    case "Nodes":
      return [
        { [name]: JSON.stringify([NODE]) },
        { [`${name}.1`]: NODE },
        { [name]: JSON.stringify([FREE, NODE]) },
        { [name]: nodes },
        { [`${name}.1.NodeId`]: NODE, [`${name}.1.ImageId`]: "img-1" },
      ];
    case "NodeGroups":
      return [
        { NodeGroups: JSON.stringify([{ NodeGroupId: GROUP }]) },
        { NodeGroups: `[{"Nodes": ${nodes}}]` },
        { "NodeGroups.1.Nodes.1.NodeId": NODE },
      ];
    case "NodeGroupId":
    case "TargetNodeGroupId":
      return [{ [name]: GROUP }];
    default:
      return [];
  }
}

describe("row 12: the cluster of what a call names", () => {
  test("decides for every operation of Lingjun that can name a node or a group, in every form", async () => {
    const wrong: string[] = [];
    for (const { action, parameters } of forms()) {
      const told = `${action} ${JSON.stringify(parameters)}`;
      if ((await rpc(denied, action, parameters)).status !== 403) wrong.push(`denied: ${told}`);
      if ((await rpc(other, action, parameters)).status !== 403) wrong.push(`other: ${told}`);
      if ((await rpc(only, action, parameters)).status === 403) wrong.push(`only: ${told}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(forms().length > 20, String(forms().length));
  });

  test("is asked for beside the one that the call names itself", async () => {
    const hidden = { ClusterId: "another", Nodes: JSON.stringify([NODE]) };
    assert.equal((await rpc(denied, "RebootNodes", hidden)).status, 403);
    assert.equal((await rpc(other, "RebootNodes", hidden)).status, 403);
  });

  test("lets a key extend its own cluster by free nodes, and learn nothing of nodes that are not there", async () => {
    const extend = (id: string) => ({
      ClusterId: CLUSTER,
      NodeGroups: JSON.stringify([{ NodeGroupId: GROUP, Nodes: [{ NodeId: id }] }]),
    });
    assert.notEqual((await rpc(only, "ExtendCluster", extend(FREE))).status, 403);
    assert.equal((await rpc(only, "ExtendCluster", extend("e01-none"))).status, 403);
    assert.equal((await rpc(only, "DescribeNode", { NodeId: FREE })).status, 403);
    assert.equal(
      (await rpc(only, "ListNodeGroups", {})).status,
      403,
      "all clusters: as RAM has it",
    );
  });

  test("is refused if a call names more than can be looked at", async () => {
    const many = JSON.stringify(Array.from({ length: 1_001 }, (_, i) => `e01-${i}`));
    assert.equal((await rpc(denied, "StopNodes", { Nodes: many })).status, 403);
  });

  test("is every cluster that CleanUserPermissions of ACK lists", async () => {
    const ask = (caller: Caller, clusters: string) =>
      caller.send({
        method: "DELETE",
        path: `/users/123/permissions?ClusterIds=${encodeURIComponent(clusters)}`,
        headers: { "x-acs-version": "2015-12-15" },
      });
    const own = CLUSTERS["ack"] ?? "";
    for (const clusters of [own, `c-other,${own}`, `["${own}"]`, `["c-other", "${own}"]`]) {
      assert.equal((await ask(denied, clusters)).status, 403, clusters);
    }
    assert.equal((await ask(only, `${own},c-other`)).status, 403);
    assert.notEqual((await ask(only, own)).status, 403);
  });
});
