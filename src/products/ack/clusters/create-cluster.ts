import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Operation, OperationContext } from "../../../core/product.ts";
import { flag, invalid, objects, requiredText, text, texts, whole } from "../../parameters.ts";
import { isObject, withoutSecrets } from "../../simulation.ts";
import { merged } from "../apply.ts";
import { newClusterId, newInstanceId, newNodePoolId } from "../ids.ts";
import { clusterPlan } from "../operations.ts";
import { newClusterFields, poolFields, workerPool } from "../request-fields.ts";
import { CLUSTER, POOL_QUOTA } from "../resources.ts";
import { clusterData, nodePoolData } from "../shapes.ts";
import { KUBERNETES_VERSIONS } from "../versions.ts";

const ROW = { type: "cluster_create", replyCluster: "cluster_id", busy: "initial" } as const;

/** What a cluster has if the caller names no components. */
const DEFAULT_ADDONS = ["coredns", "metrics-server"];

/** The cluster is there at once, in state `initial`; pools, nodes and components come with the task. */
export const createCluster: Operation = async (parameters, context) => {
  const name = requiredText(parameters, "name", "a name for the cluster");
  const regionId = requiredText(parameters, "region_id", "a region, e.g. cn-beijing");
  await refuseTakenName(name, context);
  const clusterId = newClusterId(context.random);
  const facts = {
    name,
    regionId,
    clusterType: text(parameters, "cluster_type") ?? "ManagedKubernetes",
    clusterSpec: text(parameters, "cluster_spec") ?? "ack.standard",
    version: versionAsked(parameters),
    vpcId: text(parameters, "vpcid") ?? `vpc-${clusterId.slice(1, 21)}`,
    vswitchIds: texts(parameters, "vswitch_ids"),
    containerCidr: text(parameters, "container_cidr") ?? "172.20.0.0/16",
    serviceCidr: text(parameters, "service_cidr") ?? "172.21.0.0/20",
    deletionProtection: flag(parameters, "deletion_protection") ?? false,
    createdAt: context.now,
    state: ROW.busy,
  };
  context.resources.put(CLUSTER, clusterId, {
    ...clusterData(clusterId, facts),
    ...withoutSecrets(newClusterFields(parameters)),
    tags: objects(parameters, "tags"),
  });
  const addons = objects(parameters, "addons").map((addon) => requiredText(addon, "name"));
  return clusterPlan(ROW, {
    clusterId,
    clusterName: name,
    input: withoutSecrets(parameters),
    attributes: {
      stateBefore: ROW.busy,
      newPools: poolsAsked(parameters).map((pool) => plannedPool(pool, regionId, context)),
      addonNames: addons.length > 0 ? addons : DEFAULT_ADDONS,
    },
  });
};

async function refuseTakenName(name: string, { resources }: OperationContext): Promise<void> {
  const clusters = await resources.list({ kind: CLUSTER });
  const taken = clusters.find((cluster) => cluster.data["name"] === name);
  if (taken === undefined) return;
  const message = `cluster ${taken.id} has the name ${name} already; give another name`;
  throw new DomainError("ResourceExists", message, { kind: "cluster", id: taken.id, name });
}

function versionAsked(parameters: JsonObject): string {
  const version = text(parameters, "kubernetes_version");
  const newest = KUBERNETES_VERSIONS.at(-1) ?? "";
  if (version === undefined || KUBERNETES_VERSIONS.includes(version)) return version ?? newest;
  throw invalid("kubernetes_version", version, `one of ${KUBERNETES_VERSIONS.join(", ")}`);
}

/** The node pools asked for; without any, one for `num_of_nodes` as older callers say it. */
function poolsAsked(parameters: JsonObject): readonly JsonObject[] {
  const pools = objects(parameters, "nodepools");
  if (pools.length > 0) return pools;
  const count = whole(parameters, "num_of_nodes", { min: 0, max: POOL_QUOTA }) ?? 0;
  if (count === 0) return [];
  return [workerPool(parameters, "default-nodepool", count)];
}

/** The most that `max_nodes` may say: the simulated network has no more addresses to give (INFERRED). */
const MOST_NODES = 10_000;

/** A pool of a new cluster or a new pool of an old one: what the operation leaves to the task. */
export function plannedPool(
  asked: JsonObject,
  regionId: string,
  context: OperationContext,
): { readonly id: string; readonly data: JsonObject; readonly instanceIds: readonly string[] } {
  const info = isObject(asked["nodepool_info"]) ? asked["nodepool_info"] : {};
  const group = isObject(asked["scaling_group"]) ? asked["scaling_group"] : {};
  const maxNodes = whole(asked, "max_nodes", { min: 1, max: MOST_NODES }) ?? POOL_QUOTA;
  const range = { min: 0, max: Math.max(maxNodes, POOL_QUOTA) };
  const size = whole(group, "desired_size", range) ?? whole(asked, "count", range) ?? 0;
  const id = newNodePoolId(context.random);
  const data = nodePoolData(id, {
    name: text(info, "name") ?? id,
    regionId,
    isDefault: false,
    instanceTypes: texts(group, "instance_types"),
    vswitchIds: texts(group, "vswitch_ids"),
    createdAt: context.now,
    state: "active",
    maxNodes,
  });
  return {
    id,
    data: merged(data, withoutSecrets(poolFields(asked))),
    instanceIds: Array.from({ length: size }, () => newInstanceId(context.random)),
  };
}
