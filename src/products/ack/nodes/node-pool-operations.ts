import type { Operation } from "../../../core/product.ts";
import type { Resource } from "../../../core/resource.ts";
import { flag, invalid, object, text, texts, whole } from "../../parameters.ts";
import { defined, numberOf, stringOf, withoutSecrets } from "../../simulation.ts";
import { plannedPool } from "../clusters/create-cluster.ts";
import { newInstanceId } from "../ids.ts";
import {
  type ClusterOperation,
  clusterOperation,
  type Extra,
  type Request,
} from "../operations.ts";
import { given, poolFields } from "../request-fields.ts";
import { NODE_POOL, needNodePool, nodesOf, POOL_QUOTA, pickNodes } from "../resources.ts";

const POOL = {
  cluster: "ClusterId",
  nodePool: "NodepoolId",
  busy: "updating",
  poolBusy: "updating",
} as const satisfies Partial<ClusterOperation>;
/** The same for operations that spell the path parameters otherwise. */
const SNAKE_POOL = { ...POOL, cluster: "cluster_id", nodePool: "nodepool_id" } as const;

/** The nodes of the pool: those named, or all. */
async function members({ context, clusterId, nodePoolId }: Request, names: readonly string[]) {
  const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
  const picked = names.length > 0 ? pickNodes(nodes, names, `node pool ${nodePoolId}`) : nodes;
  return picked.map((node) => node.id);
}

async function createNodePool({
  parameters,
  context,
  cluster,
  clusterId,
}: Request): Promise<Extra> {
  const pool = plannedPool(parameters, stringOf(cluster.data["region_id"]), context);
  const data = { ...pool.data, state: "initial" };
  context.resources.put(NODE_POOL, pool.id, data, clusterId);
  return {
    nodePoolId: pool.id,
    attributes: { instanceIds: pool.instanceIds },
    reply: { nodepool_id: pool.id },
  };
}

async function deleteNodePool(request: Request): Promise<Extra> {
  const ids = await members(request, []);
  if (ids.length > 0 && flag(request.parameters, "force") !== true) {
    throw invalid(
      "force",
      request.parameters["force"],
      `true, for it still has ${ids.length} nodes`,
    );
  }
  return { attributes: { instanceIds: ids } };
}

/** Parameters of ModifyNodePoolNodeConfig, and what the reads of a node pool call them. */
const NODE_SETTINGS: Readonly<Record<string, string>> = {
  kubelet_config: "kubelet_configuration",
  os_config: "node_os_config",
};

/** Nodes get a new configuration only if the caller wants that (`update_nodes`). */
async function modifyNodePool(request: Request): Promise<Extra> {
  const { parameters, nodePoolId = "" } = request;
  const rolled = flag(parameters, "update_nodes") === true ? await members(request, []) : [];
  return {
    attributes: {
      poolFields: withoutSecrets(poolFields(parameters)),
      ...(await resizing(request)),
      instanceIds: rolled,
      nodeFields: {},
    },
    reply: { nodepool_id: nodePoolId },
  };
}

/** A new `desired_size` is a promise: nodes come, or those that came last go. */
async function resizing({ parameters, context, clusterId, nodePoolId = "" }: Request) {
  const group = object(parameters, "scaling_group") ?? {};
  const pool = await needNodePool(context.resources, clusterId, nodePoolId);
  const range = { min: 0, max: numberOf(pool.data["max_nodes"], POOL_QUOTA) };
  const wanted = whole(group, "desired_size", range);
  if (wanted === undefined) return {};
  const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
  const missing = Math.max(0, wanted - nodes.length);
  return {
    newInstanceIds: Array.from({ length: missing }, () => newInstanceId(context.random)),
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

async function modifyNodeConfig(request: Request): Promise<Extra> {
  const { parameters, nodePoolId = "" } = request;
  const config = given(parameters, NODE_SETTINGS);
  return {
    attributes: {
      poolFields: { node_config: config },
      instanceIds: await members(request, texts(parameters, "node_names")),
      nodeFields: { node_config: config },
    },
    reply: { nodepool_id: nodePoolId },
  };
}

async function upgradeNodePool(request: Request): Promise<Extra> {
  const { parameters } = request;
  const version = text(parameters, "kubernetes_version");
  const imageId = text(parameters, "image_id");
  const runtime = defined({
    runtime: text(parameters, "runtime_type"),
    runtime_version: text(parameters, "runtime_version"),
  });
  return {
    attributes: {
      ...(version !== undefined && { nextVersion: version }),
      poolFields: {
        kubernetes_config: { ...defined({ kubernetes_version: version }), ...runtime },
      },
      instanceIds: await members(request, texts(parameters, "node_names")),
      nodeFields: defined({ kubelet_version: version, image_id: imageId, ...runtime }),
    },
  };
}

/** Nodes come back healthy. */
async function repairNodePool(request: Request): Promise<Extra> {
  const instanceIds = await members(request, texts(request.parameters, "nodes"));
  return { attributes: { instanceIds, nodeFields: { state: "running", node_status: "Ready" } } };
}

async function fixVuls(request: Request): Promise<Extra> {
  const instanceIds = await members(request, texts(request.parameters, "nodes"));
  return {
    attributes: { instanceIds, nodeFields: { vuls_fixed: texts(request.parameters, "vuls") } },
  };
}

/** Operations on one node pool. */
export const nodePoolOperations: Readonly<Record<string, Operation>> = {
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
