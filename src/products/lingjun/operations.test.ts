import { describeProduct } from "../../../test/support/product-suite.ts";
import { DEMO_CLUSTER, DEMO_NODE_GROUP } from "./world.ts";

const MEMBERS = ["e01-cn-demo-0001", "e01-cn-demo-0002"];
const FREE = [{ NodeId: "e01-cn-demo-0005" }, { NodeId: "e01-cn-demo-0006" }];
const CLUSTER = { ClusterId: DEMO_CLUSTER };
const NODE_GROUP = { NodeGroupName: "b", Az: "cn-beijing-i", MachineType: "m", ImageId: "i" };
/** Their nodes fail only by the fault lab, or by what the group they join was made with. */
const NO_FAILURE = ["IgnoreFailedNodeTasks"];

describeProduct({
  product: "lingjun",
  busyWords: [
    "initializing",
    "expanding",
    "shrinking",
    "deleting",
    "Extending",
    "Shrinking",
    "Rebooting",
    "Reimaging",
    "Stopping",
  ],
  operations: {
    CreateCluster: {
      type: "initialize_cluster",
      parameters: {
        ClusterName: "another",
        NodeGroups: [{ NodeGroupName: "a", Nodes: FREE }],
        Tag: [{ Key: "env", Value: "dev" }],
      },
      also: [
        { Components: [{ ComponentType: "ACKEdge" }] },
        { NodeGroups: [{ ImageId: "not-exist", Nodes: FREE }] },
      ],
    },
    ExtendCluster: {
      type: "extend_cluster",
      parameters: { ...CLUSTER, NodeGroups: [{ NodeGroupId: DEMO_NODE_GROUP, Nodes: FREE }] },
      quiet: NO_FAILURE,
    },
    ShrinkCluster: {
      type: "cut_cluster",
      parameters: {
        ...CLUSTER,
        NodeGroups: [
          { NodeGroupId: DEMO_NODE_GROUP, Nodes: MEMBERS.map((NodeId) => ({ NodeId })) },
        ],
      },
      quiet: NO_FAILURE,
    },
    RebootNodes: {
      type: "reboot_node",
      parameters: { ...CLUSTER, Nodes: MEMBERS },
      quiet: NO_FAILURE,
    },
    StopNodes: { type: "stop_node", parameters: { Nodes: MEMBERS }, quiet: NO_FAILURE },
    ReimageNodes: {
      type: "reclone_node",
      parameters: { ...CLUSTER, Nodes: [{ NodeId: "e01-cn-demo-0001", Hostname: "new" }] },
      also: [{ ...CLUSTER, Nodes: [{ NodeId: "e01-cn-demo-0001", ImageId: "not-exist" }] }],
    },
    ChangeNodeGroup: {
      type: "change_node_group",
      parameters: { TargetNodeGroupId: DEMO_NODE_GROUP, Nodes: MEMBERS },
    },
    ChangeNodeTypes: {
      type: "change_node_types",
      parameters: { NodeIds: MEMBERS, NodeType: "cpfs-enhanced" },
    },
    UpdateNodeGroup: {
      type: "update_node_group",
      parameters: { NodeGroupId: DEMO_NODE_GROUP, NewNodeGroupName: "renamed" },
    },
    CreateNodeGroup: {
      type: "create_node_group",
      parameters: { ...CLUSTER, NodeGroup: NODE_GROUP },
    },
    DeleteNodeGroup: {
      type: "delete_node_group",
      before: [
        [
          "ShrinkCluster",
          {
            ...CLUSTER,
            NodeGroups: [
              { Nodes: [1, 2, 3, 4].map((number) => ({ NodeId: `e01-cn-demo-000${number}` })) },
            ],
          },
        ],
      ],
      parameters: { NodeGroupId: DEMO_NODE_GROUP },
    },
    DeleteCluster: { type: "release_cluster", parameters: CLUSTER },
  },
});
