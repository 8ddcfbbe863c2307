import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { StartOperation } from "../../../core/product.ts";
import {
  missingParameter,
  optionalInteger,
  optionalText,
  requiredTextList,
  textList,
} from "../../parameters.ts";
import { defined, isObject, resourceNotFound } from "../../simulation.ts";
import { newInstanceId } from "../ids.ts";
import { type ClusterRequest, clusterOperation, type PlanDetails } from "../operations.ts";
import { NODE, NODE_POOL, needNodePool, nodesOf, pickNodes } from "../resources.ts";

/** The largest number of nodes that ACK accepts in one scale-out (documentation of `count`). */
const MAX_COUNT = 500;

/** Operations that add nodes to a cluster or take them away. */
export const nodeOperations: Readonly<Record<string, StartOperation>> = {
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
        requiredTextList(request.parameters, name);
      }
      if (request.parameters["count"] === undefined)
        throw missingParameter("count", "a number of nodes");
      const { attributes } = newInstances(request);
      return {
        attributes: { ...attributes, machine: requestedMachine(request.parameters) },
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
      const requestedPool = optionalText(request.parameters, "nodepool_id");
      if (requestedPool !== undefined) {
        await needNodePool(request.context.resources, request.clusterId, requestedPool);
      }
      return {
        attributes: { instanceIds, machine: requestedMachine(request.parameters) },
        nodePoolId: requestedPool ?? (await defaultPool(request)),
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
      const ids = textList(request.parameters, "instance_ids");
      return removal(
        request,
        ids.length > 0 ? ids : textList(request.parameters, "nodes"),
        "instance_ids",
      );
    },
  }),
  DeleteClusterNodes: clusterOperation({
    type: "cluster_node_delete",
    cluster: "ClusterId",
    busy: "removing",
    replyCluster: "cluster_id",
    prepare: (request) => removal(request, textList(request.parameters, "nodes"), "nodes"),
  }),
};

/** ECS is not simulated, so any instance id can be attached that is not a node yet. */
async function attachable({ parameters, context }: ClusterRequest): Promise<readonly string[]> {
  const instanceIds = [...new Set(requiredTextList(parameters, "instances"))];
  for (const id of instanceIds) {
    const node = await context.resources.get(NODE, id);
    if (node === undefined) continue;
    const message = `instance ${id} is already a node of cluster ${node.parent ?? ""}; give an instance that is not a node`;
    throw new DomainError("ResourceExists", message, { kind: "node", id });
  }
  return instanceIds;
}

/** The requested properties of the instances, with the names of `NodeFacts`. */
function requestedMachine(parameters: JsonObject): JsonObject {
  return defined({
    instanceType: textList(parameters, "worker_instance_types")[0],
    imageId: optionalText(parameters, "image_id"),
    chargeType: optionalText(parameters, "worker_instance_charge_type"),
  });
}

function newInstances({ parameters, context }: ClusterRequest) {
  const count = optionalInteger(parameters, "count", { min: 1, max: MAX_COUNT });
  if (count === undefined) {
    const expected = `a number from 1 to ${MAX_COUNT}`;
    const message = `count is required; give ${expected}`;
    throw new DomainError("InvalidParameter", message, {
      parameter: "count",
      found: "nothing",
      expected,
    });
  }
  const instanceIds = Array.from({ length: count }, () => newInstanceId(context.random));
  return { attributes: { instanceIds } };
}

/** ScaleOutCluster is older than node pools. Its nodes join the default pool, or the first one. */
async function defaultPool({ context, clusterId }: ClusterRequest): Promise<string> {
  const pools = await context.resources.list({ kind: NODE_POOL, parent: clusterId });
  const chosen = pools.find(
    ({ data }) => isObject(data["nodepool_info"]) && data["nodepool_info"]["is_default"] === true,
  );
  const pool = chosen ?? pools[0];
  if (pool === undefined) {
    throw resourceNotFound(
      "nodepool",
      "default",
      `cluster ${clusterId} has no node pool; create one first`,
    );
  }
  return pool.id;
}

async function removal(
  request: ClusterRequest,
  names: readonly string[],
  parameter: string,
): Promise<PlanDetails> {
  if (names.length === 0) throw missingParameter(parameter, "a list with at least one node");
  const { clusterId, nodePoolId, context } = request;
  const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
  const where = nodePoolId === undefined ? `cluster ${clusterId}` : `node pool ${nodePoolId}`;
  return { attributes: { instanceIds: pickNodes(nodes, names, where).map((node) => node.id) } };
}
