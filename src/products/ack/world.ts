import type { WorldResource } from "../../core/product.ts";
import { WORLD_BEGAN_MS } from "../times.ts";
import { ADDON, addonData, addonId } from "./addons/addons.ts";
import { CLUSTER, NODE, NODE_POOL, nodeData, POOL_QUOTA } from "./resources.ts";
import { clusterData, nodePoolData } from "./shapes.ts";

export const DEMO_CLUSTER = "c0000000000000000000000000000da01";
export const DEMO_NODE_POOL = "np0000000000000000000000000000da01";

const REGION = "cn-beijing";
const ADDONS = [
  ["coredns", "v1.11.3.2-f57ea7ed6-aliyun"],
  ["metrics-server", "v0.3.9.7-a9f3a1b3-aliyun"],
] as const;
const INSTANCES = ["i-2ze00000000000000001", "i-2ze00000000000000002", "i-2ze00000000000000003"];

export const world: readonly WorldResource[] = [
  {
    kind: CLUSTER,
    id: DEMO_CLUSTER,
    data: clusterData(DEMO_CLUSTER, {
      name: "demo",
      clusterType: "ManagedKubernetes",
      clusterSpec: "ack.pro.small",
      regionId: REGION,
      version: "1.31.9-aliyun.1",
      vpcId: "vpc-2ze0000000000000demo1",
      vswitchIds: ["vsw-2ze0000000000000demo1"],
      containerCidr: "172.20.0.0/16",
      serviceCidr: "172.21.0.0/20",
      deletionProtection: false,
      createdAt: WORLD_BEGAN_MS,
      state: "running",
    }),
  },
  {
    kind: NODE_POOL,
    id: DEMO_NODE_POOL,
    parent: DEMO_CLUSTER,
    data: nodePoolData(DEMO_NODE_POOL, {
      name: "default-nodepool",
      regionId: REGION,
      isDefault: true,
      instanceTypes: ["ecs.g7.xlarge"],
      vswitchIds: ["vsw-2ze0000000000000demo1"],
      createdAt: WORLD_BEGAN_MS,
      state: "active",
      maxNodes: POOL_QUOTA,
    }),
  },
  ...ADDONS.map(
    ([name, version]): WorldResource => ({
      kind: ADDON,
      id: addonId(DEMO_CLUSTER, name),
      parent: DEMO_CLUSTER,
      data: addonData(name, version, ""),
    }),
  ),
  ...INSTANCES.map(
    (instanceId, index): WorldResource => ({
      kind: NODE,
      id: instanceId,
      parent: DEMO_CLUSTER,
      data: nodeData({
        instanceId,
        nodePoolId: DEMO_NODE_POOL,
        regionId: REGION,
        instanceType: "ecs.g7.xlarge",
        address: `192.168.0.${101 + index}`,
        createdAt: WORLD_BEGAN_MS,
        source: "ess",
        state: "running",
      }),
    }),
  ),
];
