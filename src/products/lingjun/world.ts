import type { WorldResource } from "../../core/product.ts";
import { utcTime, WORLD_BEGAN_MS } from "../times.ts";
import { clusterData } from "./clusters/planning.ts";
import { CLUSTER, NODE, NODE_GROUP } from "./resources.ts";

export const DEMO_CLUSTER = "i100000000000000000001";
export const DEMO_NODE_GROUP = "ng-000000000000da01";

const CLUSTER_NAME = "demo";
const GROUP_NAME = "default";
const NODE_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8];
/** Nodes 1 to 4 belong to the cluster, the rest are free. */
const MEMBERS = 4;

function node(number: number): WorldResource {
  const id = `e01-cn-demo-${String(number).padStart(4, "0")}`;
  const member = number <= MEMBERS;
  return {
    kind: NODE,
    id,
    data: {
      NodeId: id,
      Hostname: `demo-${String(number).padStart(4, "0")}`,
      Sn: `sag42demo${number}`,
      MachineType: "efg1.nvga1",
      NodeType: "standard",
      HpnZone: "A1",
      ZoneId: "cn-beijing-i",
      ImageId: "i190297201634099844192",
      ImageName: "Alinux3_all_demo",
      ResourceGroupId: "rg-acfm00000000001",
      HyperNodeId: "",
      FileSystemMountEnabled: false,
      Networks: [{ BondName: "bond0", Ip: `10.0.1.${number}`, SubnetId: "subnet-demo0001" }],
      ClusterId: member ? DEMO_CLUSTER : "",
      ClusterName: member ? CLUSTER_NAME : "",
      NodeGroupId: member ? DEMO_NODE_GROUP : "",
      NodeGroupName: member ? GROUP_NAME : "",
      OperatingState: member ? "Using" : "Unused",
      CreateTime: utcTime(WORLD_BEGAN_MS),
      ExpiredTime: "2099-12-31T16:00:00Z",
    },
  };
}

export const world: readonly WorldResource[] = [
  {
    kind: CLUSTER,
    id: DEMO_CLUSTER,
    data: clusterData(
      {
        id: DEMO_CLUSTER,
        name: CLUSTER_NAME,
        kind: "standard",
        state: "running",
        createdAt: WORLD_BEGAN_MS,
      },
      { ClusterDescription: "the cluster of a fresh world" },
    ),
  },
  {
    kind: NODE_GROUP,
    id: DEMO_NODE_GROUP,
    parent: DEMO_CLUSTER,
    data: {
      NodeGroupId: DEMO_NODE_GROUP,
      NodeGroupName: GROUP_NAME,
      NodeGroupDescription: "",
      ClusterId: DEMO_CLUSTER,
      MachineType: "efg1.nvga1",
      ImageId: "i190297201634099844192",
      ImageName: "Alinux3_all_demo",
      ZoneId: "cn-beijing-i",
      CreateTime: utcTime(WORLD_BEGAN_MS),
      UpdateTime: utcTime(WORLD_BEGAN_MS),
    },
  },
  ...NODE_NUMBERS.map(node),
];
