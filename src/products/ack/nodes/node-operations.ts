import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Operation } from "../../../core/product.ts";
import { invalid, missing, requiredTexts, text, texts, whole } from "../../parameters.ts";
import { defined, isObject, notFound } from "../../simulation.ts";
import { newInstanceId } from "../ids.ts";
import { clusterOperation, type Extra, type Request } from "../operations.ts";
import { NODE, NODE_POOL, needNodePool, nodesOf, pickNodes } from "../resources.ts";

/** The most nodes ACK takes in one scale-out (documentation of `count`). */
const MOST_AT_ONCE = 500;

/** Operations that add nodes to a cluster or take them away. */
export const nodeOperations: Readonly<Record<string, Operation>> = {
  ScaleClusterNodePool: clusterOperation({
    type: "cluster_scaleout",
    cluster: "ClusterId",
    nodePool: "NodepoolId",
    busy: "scaling",
    poolBusy: "scaling",
    prepare: newInstances,
  }),
  ScaleOutCluster: clusterOperation({
    type: "cluster_scaleout",
    cluster: "ClusterId",
    busy: "scaling",
    poolBusy: "scaling",
    replyCluster: "cluster_id",
    prepare: async (request) => {
      for (const name of ["vswitch_ids", "worker_instance_types"]) {
        requiredTexts(request.parameters, name);
      }
      if (request.parameters["count"] === undefined) throw missing("count", "a number of nodes");
      const { attributes } = newInstances(request);
      return {
        attributes: { ...attributes, machine: machineAsked(request.parameters) },
        nodePoolId: await defaultPool(request),
      };
    },
  }),
  AttachInstances: clusterOperation({
    type: "cluster_attach",
    cluster: "ClusterId",
    busy: "scaling",
    poolBusy: "scaling",
    prepare: async (request) => {
      const instanceIds = await attachable(request);
      const asked = text(request.parameters, "nodepool_id");
      if (asked !== undefined) {
        await needNodePool(request.context.resources, request.clusterId, asked);
      }
      return {
        attributes: { instanceIds, machine: machineAsked(request.parameters) },
        nodePoolId: asked ?? (await defaultPool(request)),
        reply: {
          list: instanceIds.map((instanceId) => ({
            code: "200",
            instanceId,
            message: "successful",
          })),
        },
      };
    },
  }),
  AttachInstancesToNodePool: clusterOperation({
    type: "cluster_attach",
    cluster: "ClusterId",
    nodePool: "NodepoolId",
    busy: "scaling",
    poolBusy: "scaling",
    prepare: async (request) => ({ attributes: { instanceIds: await attachable(request) } }),
  }),
  RemoveNodePoolNodes: clusterOperation({
    type: "cluster_node_delete",
    cluster: "ClusterId",
    nodePool: "NodepoolId",
    busy: "removing",
    poolBusy: "removing",
    prepare: async (request) => {
      const ids = texts(request.parameters, "instance_ids");
      return removal(
        request,
        ids.length > 0 ? ids : texts(request.parameters, "nodes"),
        "instance_ids",
      );
    },
  }),
  DeleteClusterNodes: clusterOperation({
    type: "cluster_node_delete",
    cluster: "ClusterId",
    busy: "removing",
    replyCluster: "cluster_id",
    prepare: (request) => removal(request, texts(request.parameters, "nodes"), "nodes"),
  }),
};

/** ECS is not simulated here: any instance id will do that is no node yet. */
async function attachable({ parameters, context }: Request): Promise<readonly string[]> {
  const instanceIds = [...new Set(requiredTexts(parameters, "instances"))];
  for (const id of instanceIds) {
    const node = await context.resources.get(NODE, id);
    if (node === undefined) continue;
    const message = `instance ${id} is a node of cluster ${node.parent ?? ""} already; give one that is not`;
    throw new DomainError("ResourceExists", message, { kind: "node", id });
  }
  return instanceIds;
}

/** What the caller says of the instances themselves, in the words of `NodeFacts`. */
function machineAsked(parameters: JsonObject): JsonObject {
  return defined({
    instanceType: texts(parameters, "worker_instance_types")[0],
    imageId: text(parameters, "image_id"),
    chargeType: text(parameters, "worker_instance_charge_type"),
  });
}

function newInstances({ parameters, context }: Request) {
  const count = whole(parameters, "count", { min: 0, max: MOST_AT_ONCE }) ?? 0;
  if (count === 0)
    throw invalid("count", parameters["count"], `a number from 1 to ${MOST_AT_ONCE}`);
  const instanceIds = Array.from({ length: count }, () => newInstanceId(context.random));
  return { attributes: { instanceIds } };
}

/** ScaleOutCluster is older than node pools: its nodes join the default pool, or the only one. */
async function defaultPool({ context, clusterId }: Request): Promise<string> {
  const pools = await context.resources.list({ kind: NODE_POOL, parent: clusterId });
  const chosen = pools.find(
    ({ data }) => isObject(data["nodepool_info"]) && data["nodepool_info"]["is_default"] === true,
  );
  const pool = chosen ?? pools[0];
  if (pool === undefined) {
    throw notFound(
      "nodepool",
      "default",
      `cluster ${clusterId} has no node pool; create one first`,
    );
  }
  return pool.id;
}

async function removal(
  request: Request,
  names: readonly string[],
  parameter: string,
): Promise<Extra> {
  if (names.length === 0) throw missing(parameter, "a list with at least one node");
  const { clusterId, nodePoolId, context } = request;
  const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
  const where = nodePoolId === undefined ? `cluster ${clusterId}` : `node pool ${nodePoolId}`;
  return { attributes: { instanceIds: pickNodes(nodes, names, where).map((node) => node.id) } };
}
