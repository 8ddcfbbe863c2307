import type { JsonObject } from "../../../src/core/json.ts";
import type { Asked, Scenario } from "./scenario.ts";

const GROUP = "ng-000000000000da01";
const CLUSTER = { ClusterId: "i100000000000000000001" };
const MEMBERS = ["e01-cn-demo-0001", "e01-cn-demo-0002"];
const FREE = [{ NodeId: "e01-cn-demo-0005" }, { NodeId: "e01-cn-demo-0006" }];

const start = (action: string, parameters: JsonObject): Asked => ({
  action,
  parameters,
  ends: "execution_success",
});
const call = (action: string, parameters: JsonObject): Asked => ({ action, parameters });

/** What the reads show afterwards. */
const LOOK = [
  call("DescribeCluster", CLUSTER),
  call("ListClusterNodes", CLUSTER),
  call("ListFreeNodes", {}),
  call("DescribeNode", { NodeId: MEMBERS[0] ?? "" }),
];

export const LINGJUN: readonly Scenario[] = [
  [
    start("CreateCluster", {
      ClusterName: "another",
      NodeGroups: [{ NodeGroupName: "a", Nodes: FREE }],
      Tag: [{ Key: "env", Value: "dev" }],
    }),
    call("DescribeTask", { TaskId: "$CreateCluster.TaskId" }),
    call("DescribeCluster", { ClusterId: "$CreateCluster.ClusterId" }),
    call("ListClusters", { MaxResults: 10 }),
    call("DeleteCluster", { ClusterId: "$CreateCluster.ClusterId" }),
  ],
  [
    call("ListFreeNodes", { MaxResults: 10 }),
    start("ExtendCluster", { ...CLUSTER, NodeGroups: [{ NodeGroupId: GROUP, Nodes: FREE }] }),
    start("ExtendCluster", {
      ...CLUSTER,
      NodeGroups: [{ NodeGroupId: GROUP, Amount: 1, Hostnames: ["new"], UserData: "x" }],
    }),
    call("ListClusterNodes", CLUSTER),
    call("DescribeNode", { NodeId: "$ListClusterNodes.Nodes.0.NodeId" }),
  ],
  [
    start("ShrinkCluster", {
      ...CLUSTER,
      NodeGroups: [{ NodeGroupId: GROUP, Nodes: MEMBERS.map((NodeId) => ({ NodeId })) }],
    }),
    ...LOOK,
  ],
  [start("RebootNodes", { ...CLUSTER, Nodes: MEMBERS }), ...LOOK],
  [start("StopNodes", { Nodes: MEMBERS }), ...LOOK],
  [
    start("ReimageNodes", {
      ...CLUSTER,
      Nodes: [{ NodeId: MEMBERS[0] ?? "", Hostname: "new" }],
      UserData: "x",
    }),
    ...LOOK,
  ],
  [start("ChangeNodeGroup", { TargetNodeGroupId: GROUP, Nodes: MEMBERS }), ...LOOK],
  [start("ChangeNodeTypes", { NodeIds: MEMBERS, NodeType: "cpfs-enhanced" }), ...LOOK],
  [
    start("UpdateNodeGroup", {
      NodeGroupId: GROUP,
      NewNodeGroupName: "renamed",
      KeyPairName: "k",
      LoginPassword: "Secret-1",
      UserData: "x",
      RamRoleName: "r",
      SystemDisk: { PerformanceLevel: "PL1" },
    }),
    call("DescribeNodeGroup", { NodeGroupId: GROUP }),
    call("ListNodeGroups", CLUSTER),
    call("CreateNodeGroup", {
      ...CLUSTER,
      NodeGroup: { NodeGroupName: "b", Az: "cn-beijing-i", MachineType: "m", ImageId: "i" },
    }),
    call("DeleteNodeGroup", { ...CLUSTER, NodeGroupId: "$CreateNodeGroup.NodeGroupId" }),
  ],
];
