import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { OperationContext, StartOperation } from "../../../core/product.ts";
import {
  invalidParameter,
  objectList,
  optionalFlag,
  optionalInteger,
  optionalText,
  requiredText,
  textList,
} from "../../parameters.ts";
import { isObject } from "../../simulation.ts";
import { tagList } from "../../tags.ts";
import { merged } from "../apply.ts";
import { newClusterId, newInstanceId, newNodePoolId } from "../ids.ts";
import { clusterPlan } from "../operations.ts";
import { newClusterFields, poolFields, workerPool } from "../request-fields.ts";
import { CLUSTER, POOL_QUOTA } from "../resources.ts";
import { clusterData, nodePoolData } from "../shapes.ts";
import { KUBERNETES_VERSIONS } from "../versions.ts";

const ROW = { type: "cluster_create", replyCluster: "cluster_id", busy: "initial" } as const;

/** The components of a cluster whose request names none. */
const DEFAULT_ADDONS = ["coredns", "metrics-server"];

/** The cluster exists at once, in state `initial`. The task adds pools, nodes and components. */
export const createCluster: StartOperation = async (parameters, context) => {
  const name = requiredText(parameters, "name", "a name for the cluster");
  const regionId = requiredText(parameters, "region_id", "a region, e.g. cn-beijing");
  await refuseTakenName(name, context);
  const clusterId = newClusterId(context.random);
  const facts = {
    name,
    regionId,
    clusterType: optionalText(parameters, "cluster_type") ?? "ManagedKubernetes",
    clusterSpec: optionalText(parameters, "cluster_spec") ?? "ack.standard",
    version: versionAsked(parameters),
    vpcId: optionalText(parameters, "vpcid") ?? `vpc-${clusterId.slice(1, 21)}`,
    vswitchIds: textList(parameters, "vswitch_ids"),
    containerCidr: optionalText(parameters, "container_cidr") ?? "172.20.0.0/16",
    serviceCidr: optionalText(parameters, "service_cidr") ?? "172.21.0.0/20",
    deletionProtection: optionalFlag(parameters, "deletion_protection") ?? false,
    createdAt: context.now,
    state: ROW.busy,
  };
  context.resources.put(CLUSTER, clusterId, {
    ...clusterData(clusterId, facts),
    ...newClusterFields(parameters),
    tags: tagList(parameters, "tags", { most: 20, key: "key", value: "value" }),
  });
  const addons = objectList(parameters, "addons").map((addon) => requiredText(addon, "name"));
  return clusterPlan(ROW, {
    clusterId,
    clusterName: name,
    input: parameters,
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
  const message = `name: cluster ${taken.id} already has the name ${name}; give another name`;
  throw new DomainError("ResourceExists", message, { kind: "cluster", id: taken.id, name });
}

function versionAsked(parameters: JsonObject): string {
  const version = optionalText(parameters, "kubernetes_version");
  const newest = KUBERNETES_VERSIONS.at(-1) ?? "";
  if (version === undefined || KUBERNETES_VERSIONS.includes(version)) return version ?? newest;
  throw invalidParameter("kubernetes_version", version, `one of ${KUBERNETES_VERSIONS.join(", ")}`);
}

/** The requested node pools. Older callers request none and give `num_of_nodes`, which makes one pool. */
function poolsAsked(parameters: JsonObject): readonly JsonObject[] {
  const pools = objectList(parameters, "nodepools");
  if (pools.length > 0) return pools;
  const count = optionalInteger(parameters, "num_of_nodes", { min: 0, max: POOL_QUOTA }) ?? 0;
  if (count === 0) return [];
  return [workerPool(parameters, "default-nodepool", count)];
}

/** The upper limit of `max_nodes`: the simulated network has no more addresses (INFERRED). */
const MAX_POOL_NODES = 10_000;

/** A node pool as the operation plans it, for a new cluster or an existing one. */
export function plannedPool(
  request: JsonObject,
  regionId: string,
  context: OperationContext,
): { readonly id: string; readonly data: JsonObject; readonly instanceIds: readonly string[] } {
  const info = isObject(request["nodepool_info"]) ? request["nodepool_info"] : {};
  const group = isObject(request["scaling_group"]) ? request["scaling_group"] : {};
  const maxNodes =
    optionalInteger(request, "max_nodes", { min: 1, max: MAX_POOL_NODES }) ?? POOL_QUOTA;
  const range = { min: 0, max: Math.max(maxNodes, POOL_QUOTA) };
  const size =
    optionalInteger(group, "desired_size", range) ?? optionalInteger(request, "count", range) ?? 0;
  const id = newNodePoolId(context.random);
  const data = nodePoolData(id, {
    name: optionalText(info, "name") ?? id,
    regionId,
    isDefault: false,
    instanceTypes: textList(group, "instance_types"),
    vswitchIds: textList(group, "vswitch_ids"),
    createdAt: context.now,
    state: "active",
    maxNodes,
  });
  return {
    id,
    data: merged(data, poolFields(request)),
    instanceIds: Array.from({ length: size }, () => newInstanceId(context.random)),
  };
}
