import { type StepState, TASK_STATES, type TaskState } from "../../core/task.ts";
import type { DialectSettings } from "../dialect.ts";

/** The constants of Container Service for Kubernetes. `routes.ts` makes the dialect of them. */
export const ACK = {
  name: "ack",
  style: "roa",
  version: "2015-12-15",
  productCode: "CS",
  hostLabels: ["cs", "cs-anony-vpc", "cs-anony"],
  pathPrefixes: [
    "/tasks",
    "/clusters",
    "/cluster",
    "/api/v2/clusters",
    "/api/v1/clusters",
    "/regions",
    "/users",
  ],
  // Source: RAM's pages on ACK.
  policy: {
    prefix: "cs",
    resource: "cluster/{id}",
    idParameters: ["ClusterId", "cluster_id", "clusterId", "clusterid", "ClusterIds", "clusterIds"],
    taskParameters: ["task_id"],
    acts: "target",
    refusal: "Forbidden.RAM",
    members: [
      {
        names: ["NodepoolId", "nodepool_id", "nodepoolId", "nodePoolId"],
        kind: "ack.nodepool",
        onlyInTasks: true,
      },
      {
        names: ["instance_ids", "instanceId", "instanceIds", "nodeIds"],
        kind: "ack.node",
        onlyInTasks: true,
      },
    ],
    starts: {
      cluster_create: ["CreateCluster"],
      cluster_delete: ["DeleteCluster"],
      cluster_upgrade: ["UpgradeCluster"],
      cluster_migrate: ["MigrateCluster"],
      cluster_modify: ["ModifyCluster"],
      cluster_configuration_modify: [
        "CreateAutoscalingConfig",
        "UpdateClusterAuditLogConfig",
        "UpdateControlPlaneLog",
      ],
      nodepool_create: ["CreateClusterNodePool"],
      nodepool_delete: ["DeleteClusterNodepool"],
      nodepool_upgrade: ["UpgradeClusterNodepool"],
      nodepool_update: ["ModifyClusterNodePool", "ModifyNodePoolNodeConfig"],
      nodepool_repair: ["RepairClusterNodePool"],
      nodepool_vul_fix: ["FixNodePoolVuls"],
      cluster_scaleout: ["ScaleClusterNodePool", "ScaleOutCluster"],
      cluster_attach: ["AttachInstances", "AttachInstancesToNodePool"],
      cluster_node_delete: ["RemoveNodePoolNodes", "DeleteClusterNodes"],
      cluster_addon_install: ["InstallClusterAddons"],
      cluster_addon_upgrade: ["UpgradeClusterAddons"],
      cluster_addon_uninstall: ["UnInstallClusterAddons"],
      nodepool_component_install: ["CreateNodePoolComponentInstances", "InstallNodePoolComponents"],
      nodepool_component_update: ["UpdateNodePoolComponentInstance", "UpdateNodePoolComponent"],
      nodepool_component_uninstall: ["DeleteNodePoolComponentInstance"],
      cluster_inspect: ["RunClusterInspect"],
      cluster_vul_scan: ["ScanClusterVuls"],
      node_operation: ["RunNodeOperation"],
      user_permissions_clean: ["CleanUserPermissions"],
    },
  },
  tasks: {
    stateField: "state",
    ends: {
      success: "succeeded",
      fail: "failed",
      failed: "failed",
      canceled: "canceled",
      timeout: "expired",
      paused: "paused",
    },
    errorFields: { code: "error.code", message: "error.message" },
    taskIdPattern: "^T-",
    clientMethods: ["describeTaskInfo", "describeClusterTasks"],
  },
} as const;

export type StateWords = Readonly<Record<TaskState, string>>;

const STATE_WORDS = {
  pending: "running",
  running: "running",
  paused: "paused",
  canceling: "running",
  succeeded: "success",
  failed: "failed",
  canceled: "canceled",
  expired: "failed",
} as const satisfies Record<TaskState, string>;

/** The words for states. `failedState` replaces the one word on which sources and clients disagree. */
export function stateWords(settings: DialectSettings): StateWords {
  return { ...STATE_WORDS, failed: settings.failedState, expired: settings.failedState };
}

/** The states for a client's `state` filter. Both spellings of failure are accepted. */
export function statesOf(word: string): readonly TaskState[] | undefined {
  const spelled = word === "fail" ? STATE_WORDS.failed : word;
  const states = TASK_STATES.filter((state) => STATE_WORDS[state] === spelled);
  return states.length > 0 || word === "timeout" ? states : undefined;
}

/** A stage that will begin again after an interruption counts as running. A failed stage has the task's word for failure. */
export const STAGE_WORDS = {
  waiting: "running",
  running: "running",
  retrying: "running",
  succeeded: "success",
  failed: undefined,
  canceled: "canceled",
} as const satisfies Record<StepState, string | undefined>;

export const LIMITS = {
  pageSize: { default: 10, max: 100 },
  /** The highest `total_count`: the tasks of a cluster are counted up to this number. */
  counted: 5_000,
} as const;
