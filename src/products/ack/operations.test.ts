import { describeProduct } from "../../../test/support/product-suite.ts";
import { DEMO_CLUSTER, DEMO_NODE_POOL } from "./world.ts";

const NODE = "i-2ze00000000000000001";
const NODE_NAME = "cn-beijing.192.168.0.101";
const CLUSTER = { ClusterId: DEMO_CLUSTER };
const POOL = { ...CLUSTER, NodepoolId: DEMO_NODE_POOL };
const SNAKE_POOL = { cluster_id: DEMO_CLUSTER, nodepool_id: DEMO_NODE_POOL };
const CAMEL_POOL = { clusterId: DEMO_CLUSTER, nodepoolId: DEMO_NODE_POOL };
const COMPONENT = { name: "nvidia-driver", version: "1.0.0" };
const WITH_COMPONENT = [
  ["CreateNodePoolComponentInstances", { ...CAMEL_POOL, components: [COMPONENT] }],
] as const;

describeProduct({
  product: "ack",
  busyWords: ["scaling", "removing", "updating", "deleting", "initial"],
  operations: {
    ScaleClusterNodePool: { type: "cluster_scaleout", parameters: { ...POOL, count: 2 } },
    ScaleOutCluster: {
      type: "cluster_scaleout",
      parameters: {
        ...CLUSTER,
        count: 1,
        vswitch_ids: ["vsw-1"],
        worker_instance_types: ["ecs.g7.xlarge"],
        worker_system_disk_category: "cloud_essd",
        worker_system_disk_size: 120,
        key_pair: "demo",
      },
    },
    AttachInstances: {
      type: "cluster_attach",
      parameters: { ...CLUSTER, instances: ["i-a", "i-b"], password: "Secret-1" },
    },
    AttachInstancesToNodePool: {
      type: "cluster_attach",
      parameters: { ...POOL, instances: ["i-a"] },
    },
    RemoveNodePoolNodes: {
      type: "cluster_node_delete",
      parameters: { ...POOL, instance_ids: [NODE], drain_node: true, release_node: true },
      also: [{ ...POOL, nodes: [NODE_NAME] }],
    },
    DeleteClusterNodes: {
      type: "cluster_node_delete",
      parameters: { ...CLUSTER, nodes: [NODE_NAME] },
    },
    CreateCluster: {
      type: "cluster_create",
      parameters: {
        name: "another",
        region_id: "cn-beijing",
        cluster_type: "ManagedKubernetes",
        nodepools: [{ nodepool_info: { name: "np" }, scaling_group: { desired_size: 2 } }],
      },
      also: [
        { name: "another", region_id: "cn-beijing", num_of_nodes: 1, runtime: { name: "docker" } },
      ],
    },
    DeleteCluster: { type: "cluster_delete", parameters: CLUSTER },
    UpgradeCluster: {
      type: "cluster_upgrade",
      parameters: { ...CLUSTER, next_version: "1.32.1-aliyun.1" },
      also: [{ ...CLUSTER, version: "1.33.3-aliyun.1" }],
    },
    MigrateCluster: { type: "cluster_migrate", parameters: { cluster_id: DEMO_CLUSTER } },
    ModifyCluster: {
      type: "cluster_modify",
      parameters: { ...CLUSTER, cluster_name: "renamed", deletion_protection: true },
    },
    CreateAutoscalingConfig: {
      type: "cluster_configuration_modify",
      parameters: { ...CLUSTER, expander: "least-waste" },
    },
    UpdateClusterAuditLogConfig: {
      type: "cluster_configuration_modify",
      parameters: { clusterid: DEMO_CLUSTER, disable: false },
    },
    UpdateControlPlaneLog: {
      type: "cluster_configuration_modify",
      parameters: { ...CLUSTER, components: ["apiserver"] },
    },
    CreateClusterNodePool: {
      type: "nodepool_create",
      parameters: {
        ...CLUSTER,
        nodepool_info: { name: "gpu" },
        scaling_group: { desired_size: 2, instance_types: ["ecs.gn7i-c8g1.2xlarge"] },
      },
      also: [{ ...CLUSTER, count: 1 }],
    },
    DeleteClusterNodepool: { type: "nodepool_delete", parameters: { ...POOL, force: true } },
    ModifyClusterNodePool: {
      type: "nodepool_update",
      parameters: { ...POOL, auto_scaling: { enable: true }, update_nodes: true },
    },
    ModifyNodePoolNodeConfig: {
      type: "nodepool_update",
      parameters: { ...POOL, kubelet_config: { maxPods: 64 } },
    },
    UpgradeClusterNodepool: {
      type: "nodepool_upgrade",
      parameters: { ...POOL, kubernetes_version: "1.31.9-aliyun.1" },
    },
    RepairClusterNodePool: { type: "nodepool_repair", parameters: SNAKE_POOL },
    FixNodePoolVuls: {
      type: "nodepool_vul_fix",
      parameters: { ...SNAKE_POOL, nodes: [NODE_NAME], vuls: ["oval:1"] },
    },
    CreateNodePoolComponentInstances: {
      type: "nodepool_component_install",
      parameters: { ...CAMEL_POOL, components: [COMPONENT] },
    },
    UpdateNodePoolComponentInstance: {
      type: "nodepool_component_update",
      before: WITH_COMPONENT,
      parameters: { ...CAMEL_POOL, name: COMPONENT.name, version: "1.1.0" },
    },
    DeleteNodePoolComponentInstance: {
      type: "nodepool_component_uninstall",
      before: WITH_COMPONENT,
      parameters: { ...CAMEL_POOL, name: COMPONENT.name },
    },
    InstallNodePoolComponents: {
      type: "nodepool_component_install",
      parameters: {
        clusterId: DEMO_CLUSTER,
        nodePoolId: DEMO_NODE_POOL,
        components: [COMPONENT],
        nodeNames: [NODE_NAME],
      },
    },
    UpdateNodePoolComponent: {
      type: "nodepool_component_update",
      before: WITH_COMPONENT,
      parameters: { ...CAMEL_POOL, ...COMPONENT, config: { customConfig: {} } },
    },
    InstallClusterAddons: {
      type: "cluster_addon_install",
      parameters: { ...CLUSTER, body: [{ name: "ack-node-problem-detector", version: "1.2.3" }] },
    },
    UpgradeClusterAddons: {
      type: "cluster_addon_upgrade",
      parameters: { ...CLUSTER, body: [{ component_name: "coredns", next_version: "v1.12.0" }] },
    },
    UnInstallClusterAddons: {
      type: "cluster_addon_uninstall",
      parameters: { ...CLUSTER, body: [{ name: "coredns" }] },
    },
    RunClusterInspect: { type: "cluster_inspect", parameters: { clusterId: DEMO_CLUSTER } },
    ScanClusterVuls: { type: "cluster_vul_scan", parameters: { cluster_id: DEMO_CLUSTER } },
    RunNodeOperation: {
      type: "node_operation",
      parameters: { ...CAMEL_POOL, nodeName: NODE_NAME, operationAction: "restart.kubelet" },
    },
    CleanUserPermissions: {
      type: "user_permissions_clean",
      parameters: { Uid: "200000000000000001", ClusterIds: [DEMO_CLUSTER] },
    },
  },
});
