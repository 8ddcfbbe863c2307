import type { JsonObject } from "../../../src/core/json.ts";
import type { Asked, Scenario } from "./scenario.ts";

const CLUSTER_ID = "c0000000000000000000000000000da01";
const NODE_POOL_ID = "np0000000000000000000000000000da01";
const INSTANCE = "i-2ze00000000000000001";
const NODE = "cn-beijing.192.168.0.101";

const CLUSTER = { ClusterId: CLUSTER_ID };
const SNAKE_CLUSTER = { cluster_id: CLUSTER_ID };
const CAMEL_CLUSTER = { clusterId: CLUSTER_ID };
const POOL = { ...CLUSTER, NodepoolId: NODE_POOL_ID };
const SNAKE_POOL = { ...SNAKE_CLUSTER, nodepool_id: NODE_POOL_ID };
const CAMEL_POOL = { ...CAMEL_CLUSTER, nodepoolId: NODE_POOL_ID };
const COMPONENT = { name: "nvidia-driver", version: "1.0.0" };

const start = (action: string, parameters: JsonObject): Asked => ({
  action,
  parameters,
  ends: "success",
});
const read = (action: string, parameters: JsonObject): Asked => ({ action, parameters });

const WITH_COMPONENT = start("CreateNodePoolComponentInstances", {
  ...CAMEL_POOL,
  components: [COMPONENT],
});

/** What the reads show afterwards. */
const LOOK = [
  read("DescribeClusterDetail", CLUSTER),
  read("DescribeClusterNodePools", CLUSTER),
  read("DescribeClusterNodePoolDetail", POOL),
  read("DescribeClusterNodes", CLUSTER),
];

export const ACK: readonly Scenario[] = [
  [
    start("CreateCluster", {
      name: "another",
      region_id: "cn-beijing",
      cluster_type: "ManagedKubernetes",
      profile: "Default",
      timezone: "Asia/Shanghai",
      cluster_domain: "cluster.local",
      control_plane_config: { size: "xlarge" },
      auto_mode: { enable: false },
      extra_sans: ["a.example"],
      node_cidr_mask: "25",
      zone_id: "cn-beijing-i",
      maintenance_window: { enable: true, weekly_period: "Monday" },
      operation_policy: { cluster_auto_upgrade: { enabled: false, channel: "stable" } },
      rrsa_config: { enabled: true },
      nodepools: [
        {
          nodepool_info: { name: "np" },
          scaling_group: { desired_size: 2, system_disk_size: 120 },
          kubernetes_config: { labels: [{ key: "a", value: "b" }] },
          max_nodes: 10,
        },
      ],
    }),
    read("DescribeClusterDetail", { ClusterId: "$CreateCluster.cluster_id" }),
    read("DescribeClustersV1", { name: "another", page_size: 10, page_number: 1 }),
    read("DescribeClustersForRegion", { region_id: "cn-beijing" }),
    read("DescribeClusterNodePools", { ClusterId: "$CreateCluster.cluster_id" }),
    start("DeleteCluster", { ClusterId: "$CreateCluster.cluster_id" }),
  ],
  [start("DeleteCluster", CLUSTER)],
  [start("MigrateCluster", SNAKE_CLUSTER), ...LOOK],
  [
    start("ModifyCluster", { ...CLUSTER, cluster_name: "renamed", deletion_protection: true }),
    start("ModifyCluster", { ...CLUSTER, enable_rrsa: true }),
    read("DescribeClustersV1", {}),
    read("DescribeClustersForRegion", { region_id: "cn-beijing" }),
    ...LOOK,
  ],
  [start("UpgradeCluster", { ...CLUSTER, next_version: "1.32.1-aliyun.1" }), ...LOOK],
  [
    start("ScaleClusterNodePool", { ...POOL, count: 2 }),
    read("DescribeTaskInfo", { task_id: "$ScaleClusterNodePool.task_id" }),
    read("DescribeClusterTasks", { cluster_id: CLUSTER_ID, page_number: 1, page_size: 20 }),
    read("DescribeClusterNodes", { ...CLUSTER, nodepool_id: NODE_POOL_ID, pageSize: "10" }),
    read("DescribeClusterNodePoolDetail", POOL),
  ],
  [
    start("ScaleOutCluster", {
      ...CLUSTER,
      count: 1,
      vswitch_ids: ["vsw-1"],
      worker_instance_types: ["ecs.g7.xlarge"],
      worker_system_disk_category: "cloud_essd",
      worker_system_disk_size: 120,
      key_pair: "demo",
    }),
  ],
  [
    start("AttachInstances", { ...CLUSTER, instances: ["i-a", "i-b"], password: "Secret-1" }),
    ...LOOK,
  ],
  [start("AttachInstancesToNodePool", { ...POOL, instances: ["i-a"] }), ...LOOK],
  [
    start("RemoveNodePoolNodes", {
      ...POOL,
      instance_ids: [INSTANCE],
      drain_node: true,
      release_node: true,
    }),
  ],
  [start("DeleteClusterNodes", { ...CLUSTER, nodes: [NODE] }), ...LOOK],
  [
    start("CreateClusterNodePool", {
      ...CLUSTER,
      nodepool_info: { name: "gpu" },
      scaling_group: { desired_size: 2, instance_types: ["ecs.gn7i-c8g1.2xlarge"] },
      host_network: true,
      intranet: true,
      interconnect_mode: "basic",
      interconnect_config: { bandwidth: 10 },
      node_components: [{ name: "kubelet", version: "1" }],
      auto_mode: { enable: false },
    }),
    start("ModifyClusterNodePool", {
      ...CLUSTER,
      NodepoolId: "$CreateClusterNodePool.nodepool_id",
      scaling_group: { desired_size: 1 },
    }),
    read("DescribeClusterNodePoolDetail", {
      ...CLUSTER,
      NodepoolId: "$CreateClusterNodePool.nodepool_id",
    }),
    read("DescribeClusterNodePools", CLUSTER),
    start("DeleteClusterNodepool", {
      ...CLUSTER,
      NodepoolId: "$CreateClusterNodePool.nodepool_id",
      force: true,
    }),
  ],
  [
    start("ModifyClusterNodePool", { ...POOL, auto_scaling: { enable: true }, update_nodes: true }),
    ...LOOK,
  ],
  [start("ModifyNodePoolNodeConfig", { ...POOL, kubelet_config: { maxPods: 64 } }), ...LOOK],
  [start("UpgradeClusterNodepool", { ...POOL, kubernetes_version: "1.31.9-aliyun.1" }), ...LOOK],
  [start("RepairClusterNodePool", SNAKE_POOL), ...LOOK],
  [start("FixNodePoolVuls", { ...SNAKE_POOL, nodes: [NODE], vuls: ["oval:1"] }), ...LOOK],
  [start("ScanClusterVuls", SNAKE_CLUSTER)],
  [
    WITH_COMPONENT,
    read("ListNodePoolComponentInstances", CAMEL_POOL),
    start("UpdateNodePoolComponentInstance", {
      ...CAMEL_POOL,
      name: COMPONENT.name,
      version: "1.1.0",
    }),
    start("DeleteNodePoolComponentInstance", { ...CAMEL_POOL, name: COMPONENT.name }),
  ],
  [
    start("InstallNodePoolComponents", {
      ...CAMEL_CLUSTER,
      nodePoolId: NODE_POOL_ID,
      components: [COMPONENT],
      nodeNames: [NODE],
    }),
    start("UpdateNodePoolComponent", { ...CAMEL_POOL, ...COMPONENT, config: { customConfig: {} } }),
  ],
  [
    start("InstallClusterAddons", {
      ...CLUSTER,
      body: [{ name: "ack-node-problem-detector", version: "1.2.3" }],
    }),
    read("ListClusterAddonInstances", SNAKE_CLUSTER),
    read("GetClusterAddonInstance", { ...SNAKE_CLUSTER, instance_name: "coredns" }),
  ],
  [
    start("UpgradeClusterAddons", {
      ...CLUSTER,
      body: [{ component_name: "coredns", next_version: "v1.12.0" }],
    }),
    // The whole body, which the SDKs call so.
    start("UnInstallClusterAddons", { ...CLUSTER, addons: [{ name: "coredns" }] }),
  ],
  [
    start("RunClusterInspect", CAMEL_CLUSTER),
    read("ListClusterInspectReports", CAMEL_CLUSTER),
    read("GetClusterInspectReportDetail", {
      ...CAMEL_CLUSTER,
      reportId: "$RunClusterInspect.reportId",
      language: "zh_CN",
      enableFilter: true,
    }),
  ],
  [
    start("RunNodeOperation", {
      ...CAMEL_POOL,
      nodeName: NODE,
      operationAction: "restart.kubelet",
    }),
  ],
  [
    start("CleanUserPermissions", {
      Uid: "200000000000000001",
      ClusterIds: [CLUSTER_ID],
      Force: true,
    }),
  ],
  [start("CreateAutoscalingConfig", { ...CLUSTER, expander: "least-waste" }), ...LOOK],
  [start("UpdateClusterAuditLogConfig", { clusterid: CLUSTER_ID, disable: false }), ...LOOK],
  [start("UpdateControlPlaneLog", { ...CLUSTER, components: ["apiserver"] }), ...LOOK],
];
