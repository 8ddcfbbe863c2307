import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { OperationContext, OperationPlan, StartOperation } from "../../core/product.ts";
import type { Resource } from "../../core/resource.ts";
import { requiredText } from "../parameters.ts";
import { defined, stringOf } from "../simulation.ts";
import {
  CLUSTER,
  change,
  IDLE,
  NODE_POOL,
  needCluster,
  needNodePool,
  nodesOf,
  pickNodes,
} from "./resources.ts";

/** The part of a task plan that is special to one operation. */
export interface PlanDetails {
  /** Values for the step handlers, in addition to the ids of the cluster and the node pool. */
  readonly attributes?: Readonly<Record<string, Json>>;
  readonly reply?: JsonObject;
  readonly nodePoolId?: string;
}

/** A checked request of an operation on a cluster. */
export interface ClusterRequest {
  readonly parameters: JsonObject;
  readonly context: OperationContext;
  readonly cluster: Resource;
  readonly clusterId: string;
  readonly nodePoolId: string | undefined;
}

/** One row of the table of operations that work on a cluster. */
export interface ClusterOperation {
  readonly type: string;
  /** Names of the path parameters, which the vendor spells in four ways. */
  readonly cluster: string;
  readonly nodePool?: string;
  /** The state of the cluster while the task runs. Without it, the task does not keep the cluster busy. */
  readonly busy?: string;
  readonly poolBusy?: string;
  /** The field of the answer that repeats the id of the cluster. */
  readonly replyCluster?: "cluster_id" | "clusterId";
  /** Whether the operation is allowed on a cluster whose creation failed. */
  readonly evenIfFailed?: boolean;
  readonly prepare?: (request: ClusterRequest) => Promise<PlanDetails> | PlanDetails;
}

export function clusterOperation(row: ClusterOperation): StartOperation {
  return async (parameters, context) => {
    const clusterId = requiredText(parameters, row.cluster);
    const cluster = await needCluster(context.resources, clusterId);
    if (row.evenIfFailed !== true) refuseIfFailed(cluster);
    if (row.busy === undefined) refuseIfDeleting(cluster);
    const requestedPool =
      row.nodePool === undefined ? undefined : requiredText(parameters, row.nodePool);
    if (requestedPool !== undefined)
      await needNodePool(context.resources, clusterId, requestedPool);
    const request = { parameters, context, cluster, clusterId, nodePoolId: requestedPool };
    const extra = (await row.prepare?.(request)) ?? {};
    const nodePoolId = extra.nodePoolId ?? requestedPool;
    const stateBefore = showBusy(row, context, cluster, nodePoolId);
    return clusterPlan(row, {
      clusterId,
      clusterName: stringOf(cluster.data["name"]),
      input: parameters,
      attributes: defined({ nodePoolId, stateBefore, ...extra.attributes }),
      ...(extra.reply && { reply: extra.reply }),
    });
  };
}

/** The ids of the nodes of the pool with these instance ids or names, or of all its nodes if none is named. */
export async function poolMembers(
  { context, clusterId, nodePoolId }: ClusterRequest,
  names: readonly string[],
): Promise<readonly string[]> {
  const nodes = await nodesOf(context.resources, clusterId, nodePoolId);
  const picked = names.length > 0 ? pickNodes(nodes, names, `node pool ${nodePoolId}`) : nodes;
  return picked.map((node) => node.id);
}

function refuseIfFailed(cluster: Resource): void {
  const state = stringOf(cluster.data["state"]);
  if (state !== "failed" && state !== "delete_failed") return;
  const message = `cluster ${cluster.id} is in state ${state}; delete it and create another`;
  throw new DomainError("ResourceBusy", message, { kind: "cluster", id: cluster.id, state });
}

/** For operations that do not keep the cluster busy: the concurrency key of a deletion does not stop them. */
function refuseIfDeleting({ id, data }: Resource): void {
  const state = stringOf(data["state"]);
  if (state !== "deleting") return;
  throw new DomainError("ResourceBusy", `cluster ${id} is being deleted; give another cluster`, {
    kind: "cluster",
    id,
    state,
  });
}

/**
 * Shows the task in the states of cluster and pool. If another task keeps the cluster busy, the state changes later, when
 * this task starts (`clusterTask`).
 * @returns the state before the change, undefined if nothing was changed.
 */
function showBusy(
  row: ClusterOperation,
  { resources }: OperationContext,
  cluster: Resource,
  nodePoolId: string | undefined,
): string | undefined {
  const state = stringOf(cluster.data["state"]);
  if (row.busy === undefined || !IDLE.includes(state)) return undefined;
  change(resources, CLUSTER, cluster.id, { state: row.busy });
  if (nodePoolId !== undefined && row.poolBusy !== undefined) {
    change(resources, NODE_POOL, nodePoolId, { state: row.poolBusy });
  }
  return state;
}

/** The states of cluster and pool while the task runs. */
function busyStates({ busy, poolBusy }: Pick<ClusterOperation, "busy" | "poolBusy">) {
  return busy === undefined ? {} : { busy: defined({ cluster: busy, pool: poolBusy }) };
}

interface PlanFacts {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly input: JsonObject;
  readonly attributes: JsonObject;
  readonly reply?: JsonObject;
}

/** At most one operation runs on a cluster at a time. Operations that do not keep it busy: at most one of each type. */
export function clusterPlan(
  row: Pick<ClusterOperation, "type" | "replyCluster" | "busy" | "poolBusy">,
  { clusterId, clusterName, input, attributes, reply }: PlanFacts,
): OperationPlan {
  const target = { type: "cluster", id: clusterId };
  const key = `ack/cluster/${clusterId}`;
  return {
    type: row.type,
    input,
    target: { ...target, name: clusterName },
    attributes: { clusterId, target, ...busyStates(row), ...attributes },
    concurrencyKey: row.busy === undefined ? `${key}/${row.type}` : key,
    whenBusy: "reject",
    reply: { ...(row.replyCluster && { [row.replyCluster]: clusterId }), ...reply },
  };
}
