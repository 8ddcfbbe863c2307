import { DomainError } from "../../../core/errors.ts";
import type { StartOperation } from "../../../core/product.ts";
import type { Resource } from "../../../core/resource.ts";
import {
  optionalFlag,
  optionalInteger,
  optionalObject,
  optionalText,
  textList,
} from "../../parameters.ts";
import { defined, stringOf } from "../../simulation.ts";
import { plannedPool } from "../clusters/create-cluster.ts";
import { newInstanceId } from "../ids.ts";
import {
  type ClusterOperation,
  type ClusterRequest,
  clusterOperation,
  type PlanDetails,
  poolMembers,
} from "../operations.ts";
import { pickFields, poolFields } from "../request-fields.ts";
import { NODE_POOL, needNodePool, nodesOf, quotaOf } from "../resources.ts";

const POOL = {
  cluster: "ClusterId",
  nodePool: "NodepoolId",
  busy: "updating",
  poolBusy: "updating",
} as const satisfies Partial<ClusterOperation>;
/** The same for operations that spell the path parameters in another way. */
const SNAKE_POOL = { ...POOL, cluster: "cluster_id", nodePool: "nodepool_id" } as const;

async function createNodePool({
  parameters,
  context,
  cluster,
  clusterId,
}: ClusterRequest): Promise<PlanDetails> {
  const pool = plannedPool(parameters, stringOf(cluster.data["region_id"]), context);
  const data = { ...pool.data, state: "initial" };
  context.resources.put(NODE_POOL, pool.id, data, clusterId);
  return {
    nodePoolId: pool.id,
    attributes: { instanceIds: pool.instanceIds },
    reply: { nodepool_id: pool.id },
  };
}

async function deleteNodePool(request: ClusterRequest): Promise<PlanDetails> {
  const ids = await poolMembers(request, []);
  if (ids.length > 0 && optionalFlag(request.parameters, "force") !== true) {
    const pool = `node pool ${request.nodePoolId} still has ${ids.length} nodes`;
    const message = `force is required (true) because ${pool}`;
    const found = String(request.parameters["force"] ?? "nothing");
    throw new DomainError("InvalidParameter", message, {
      parameter: "force",
      found,
      expected: "true",
    });
  }
  return { attributes: { instanceIds: ids } };
}

/** Parameters of ModifyNodePoolNodeConfig, and the fields of a node pool that show them. */
const NODE_SETTINGS: Readonly<Record<string, string>> = {
  kubelet_config: "kubelet_configuration",
  os_config: "node_os_config",
};

/** Existing nodes get the new configuration only if the caller asks for it (`update_nodes`). */
async function modifyNodePool(request: ClusterRequest): Promise<PlanDetails> {
  const { parameters, nodePoolId = "" } = request;
  const updated =
    optionalFlag(parameters, "update_nodes") === true ? await poolMembers(request, []) : [];
  return {
    attributes: {
      poolFields: poolFields(parameters),
      ...(await resizing(request)),
      instanceIds: updated,
      nodeFields: {},
    },
    reply: { nodepool_id: nodePoolId },
  };
}

/** Plans the nodes that a new `desired_size` adds, or removes: the newest nodes are removed first. */
async function resizing({ parameters, context, clusterId, nodePoolId = "" }: ClusterRequest) {
  const group = optionalObject(parameters, "scaling_group") ?? {};
  const pool = await needNodePool(context.resources, clusterId, nodePoolId);
  const range = { min: 0, max: quotaOf(pool) };
  const wanted = optionalInteger(group, "desired_size", range);
  if (wanted === undefined) return {};
  const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
  const lacking = Math.max(0, wanted - nodes.length);
  return {
    newInstanceIds: Array.from({ length: lacking }, () => newInstanceId(context.random)),
    oldInstanceIds: nodes
      .toSorted(byAge)
      .slice(wanted)
      .map((node) => node.id),
  };
}

function byAge(one: Resource, other: Resource): number {
  const [first, second] = [one, other].map(({ id, data }) => `${data["creation_time"]} ${id}`);
  return (first ?? "") < (second ?? "") ? -1 : 1;
}

async function modifyNodeConfig(request: ClusterRequest): Promise<PlanDetails> {
  const { parameters, nodePoolId = "" } = request;
  const config = pickFields(parameters, NODE_SETTINGS);
  return {
    attributes: {
      poolFields: { node_config: config },
      instanceIds: await poolMembers(request, textList(parameters, "node_names")),
      nodeFields: { node_config: config },
    },
    reply: { nodepool_id: nodePoolId },
  };
}

async function upgradeNodePool(request: ClusterRequest): Promise<PlanDetails> {
  const { parameters } = request;
  const version = optionalText(parameters, "kubernetes_version");
  const imageId = optionalText(parameters, "image_id");
  const runtime = defined({
    runtime: optionalText(parameters, "runtime_type"),
    runtime_version: optionalText(parameters, "runtime_version"),
  });
  return {
    attributes: {
      ...(version !== undefined && { nextVersion: version }),
      poolFields: {
        kubernetes_config: { ...defined({ kubernetes_version: version }), ...runtime },
      },
      instanceIds: await poolMembers(request, textList(parameters, "node_names")),
      nodeFields: defined({ kubelet_version: version, image_id: imageId, ...runtime }),
    },
  };
}

/** The task makes the nodes healthy. */
async function repairNodePool(request: ClusterRequest): Promise<PlanDetails> {
  const instanceIds = await poolMembers(request, textList(request.parameters, "nodes"));
  return { attributes: { instanceIds, nodeFields: { state: "running", node_status: "Ready" } } };
}

async function fixVuls(request: ClusterRequest): Promise<PlanDetails> {
  const instanceIds = await poolMembers(request, textList(request.parameters, "nodes"));
  return {
    attributes: { instanceIds, nodeFields: { vuls_fixed: textList(request.parameters, "vuls") } },
  };
}

/** Operations on one node pool. */
export const nodePoolOperations: Readonly<Record<string, StartOperation>> = {
  CreateClusterNodePool: clusterOperation({
    type: "nodepool_create",
    cluster: "ClusterId",
    busy: "scaling",
    prepare: createNodePool,
  }),
  DeleteClusterNodepool: clusterOperation({
    ...POOL,
    type: "nodepool_delete",
    poolBusy: "deleting",
    prepare: deleteNodePool,
  }),
  ModifyClusterNodePool: clusterOperation({
    ...POOL,
    type: "nodepool_update",
    prepare: modifyNodePool,
  }),
  ModifyNodePoolNodeConfig: clusterOperation({
    ...POOL,
    type: "nodepool_update",
    prepare: modifyNodeConfig,
  }),
  UpgradeClusterNodepool: clusterOperation({
    ...POOL,
    type: "nodepool_upgrade",
    prepare: upgradeNodePool,
  }),
  RepairClusterNodePool: clusterOperation({
    ...SNAKE_POOL,
    type: "nodepool_repair",
    prepare: repairNodePool,
  }),
  FixNodePoolVuls: clusterOperation({
    ...SNAKE_POOL,
    type: "nodepool_vul_fix",
    prepare: fixVuls,
  }),
};
