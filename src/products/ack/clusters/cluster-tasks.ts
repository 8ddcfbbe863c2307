import type { JsonObject } from "../../../core/json.ts";
import type { StepHandler } from "../../../core/step-context.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { isObject, objectsOf, type SimulatedWork, stringOf, stringsOf } from "../../simulation.ts";
import { ADDON, addonData, addonId } from "../addons/addons.ts";
import { COMPONENT } from "../addons/components.ts";
import { applyToCluster, rollOut, settleRollOut } from "../apply.ts";
import { INSPECT_REPORT } from "../inspections/inspections.ts";
import { machineOf } from "../nodes/new-nodes.ts";
import { CLUSTER, NODE, NODE_POOL, nodeData, removeInside } from "../resources.ts";
import { clusterTask, stage, stateBefore } from "../stages.ts";
import { checkClusterUpgrade } from "../upgrade-checks.ts";

/** Tasks on a cluster as a whole. */
export function clusterTasks(work: SimulatedWork): readonly TaskType[] {
  return [
    clusterCreate(work),
    clusterDelete(work),
    clusterUpgrade(work),
    clusterMigrate(work),
    changeTask(work, "cluster_modify", "ClusterModify"),
    changeTask(work, "cluster_configuration_modify", "ClusterConfigurationModify"),
  ];
}

/** CreateCluster. If it fails or is canceled, the cluster stays in state `failed` and can only be deleted. */
function clusterCreate(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "cluster_create",
    steps: {
      CreateNetwork: stage(work, {
        ms: 1_000,
        message: "create the network",
        start: "ClusterCreateStart",
      }),
      CreateControlPlane: stage(work, { ms: 2_000, message: "create the control plane" }),
      CreateNodePools: stage(work, { ms: 1_500, message: "create node pools", does: createPools }),
      InstallAddons: stage(work, { ms: 800, message: "install components", does: installAddons }),
      VerifyCluster: stage(work, {
        ms: 600,
        message: "verify the cluster",
        done: "ClusterCreateSucceed",
      }),
    },
    endState: (task) => (task.state === "succeeded" ? "running" : "failed"),
  });
}

const createPools: StepHandler = async (_input, context) => {
  const { attributes, resources } = context;
  const createdAt = context.now();
  const clusterId = stringOf(attributes["clusterId"]);
  let host = 101;
  for (const { id, data, instanceIds } of plannedPools(attributes)) {
    resources.put(NODE_POOL, id, data, clusterId);
    for (const instanceId of instanceIds) {
      const facts = { instanceId, nodePoolId: id, ...machineOf(data) };
      const address = `192.168.${host >> 8}.${host++ & 255}`;
      const state = { state: "running", source: "ess", createdAt } as const;
      resources.put(NODE, instanceId, nodeData({ ...facts, address, ...state }), clusterId);
      context.item(instanceId, "success");
    }
  }
};

interface PlannedPool {
  readonly id: string;
  readonly data: JsonObject;
  readonly instanceIds: readonly string[];
}

function plannedPools(attributes: JsonObject): readonly PlannedPool[] {
  return objectsOf(attributes["newPools"]).map((pool) => ({
    id: stringOf(pool["id"]),
    data: isObject(pool["data"]) ? pool["data"] : {},
    instanceIds: stringsOf(pool["instanceIds"]),
  }));
}

const installAddons: StepHandler = async (_input, { attributes, resources }) => {
  const clusterId = stringOf(attributes["clusterId"]);
  for (const name of stringsOf(attributes["addonNames"])) {
    resources.put(ADDON, addonId(clusterId, name), addonData(name, "", ""), clusterId);
  }
};

/** DeleteCluster. Nothing is removed before the last stage. */
function clusterDelete(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "cluster_delete",
    steps: {
      DrainNodes: stage(work, { ms: 1_000, message: "drain nodes", start: "ClusterDeleteStart" }),
      ReleaseResources: stage(work, { ms: 1_500, message: "release cloud resources" }),
      DeleteCluster: stage(work, {
        ms: 1_000,
        message: "delete the cluster",
        done: "ClusterDeleteSucceed",
        does: async (_input, { attributes, resources }) => {
          const clusterId = stringOf(attributes["clusterId"]);
          for (const { id } of await resources.list({ kind: NODE_POOL, parent: clusterId })) {
            await removeInside(resources, id, [COMPONENT]);
          }
          await removeInside(resources, clusterId, [NODE, NODE_POOL, ADDON, INSPECT_REPORT]);
          resources.remove(CLUSTER, clusterId);
        },
      }),
    },
    evenIfFailed: true,
    endState: (task) => (task.state === "failed" ? "delete_failed" : stateBefore(task)),
  });
}

/** UpgradeCluster: the control plane, then every node unless `master_only` is set. An unknown version fails in PreCheck. */
function clusterUpgrade(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "cluster_upgrade",
    steps: {
      PreCheck: stage(work, {
        ms: 900,
        message: "check the cluster before the upgrade",
        start: "ClusterUpgradeStart",
        does: checkClusterUpgrade,
      }),
      UpgradeControlPlane: stage(work, {
        ms: 2_000,
        message: "upgrade the control plane",
        does: applyToCluster,
      }),
      UpgradeNodes: stage(work, { ms: 200, message: "upgrade nodes", does: rollOut(work, 2_000) }),
      PostCheck: stage(work, {
        ms: 600,
        message: "check the cluster after the upgrade",
        done: "ClusterUpgradeSucceed",
      }),
    },
    ended: settleRollOut,
  });
}

/** MigrateCluster turns a standard managed cluster into a Pro cluster. */
function clusterMigrate(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "cluster_migrate",
    steps: {
      PreCheck: stage(work, {
        ms: 700,
        message: "check the cluster",
        start: "ClusterMigrateStart",
      }),
      BackUp: stage(work, { ms: 1_200, message: "back the cluster up" }),
      MigrateControlPlane: stage(work, {
        ms: 2_000,
        message: "migrate the control plane",
        does: applyToCluster,
      }),
      PostCheck: stage(work, {
        ms: 600,
        message: "check the cluster",
        done: "ClusterMigrateSucceed",
      }),
    },
  });
}

function changeTask(work: SimulatedWork, type: string, event: string): TaskType {
  return clusterTask({
    type,
    steps: {
      PreCheck: stage(work, { ms: 600, message: "check the change", start: `${event}Start` }),
      ApplyConfiguration: stage(work, {
        ms: 1_800,
        message: "apply the configuration",
        does: applyToCluster,
      }),
      VerifyCluster: stage(work, {
        ms: 600,
        message: "verify the cluster",
        done: `${event}Succeed`,
      }),
    },
  });
}
