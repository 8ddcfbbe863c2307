import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Operation, OperationContext, OperationPlan } from "../../core/product.ts";
import type { Resource } from "../../core/resource.ts";
import { requiredText } from "../parameters.ts";
import { defined, stringOf, withoutSecrets } from "../simulation.ts";
import { CLUSTER, change, IDLE, NODE_POOL, needCluster, needNodePool } from "./resources.ts";

/** What an operation on a cluster adds to what they all have in common. */
export interface Extra {
  /** Facts for the step handlers, beside the cluster and the node pool. */
  readonly attributes?: Readonly<Record<string, Json>>;
  readonly reply?: JsonObject;
  readonly nodePoolId?: string;
}

export interface Request {
  readonly parameters: JsonObject;
  readonly context: OperationContext;
  readonly cluster: Resource;
  readonly clusterId: string;
  readonly nodePoolId: string | undefined;
}

/** One row of the table of operations that work on a cluster. */
export interface ClusterOperation {
  readonly type: string;
  /** Names of the path parameters: the vendor spells them in four ways. */
  readonly cluster: string;
  readonly nodePool?: string;
  /** State the cluster shows while the task runs; without one the task does not keep the cluster busy. */
  readonly busy?: string;
  readonly poolBusy?: string;
  /** Name of the field of the answer that repeats the cluster's id. */
  readonly replyCluster?: "cluster_id" | "clusterId";
  /** Whether a cluster whose creation failed takes the operation, too. */
  readonly evenIfFailed?: boolean;
  readonly prepare?: (request: Request) => Promise<Extra> | Extra;
}

export function clusterOperation(row: ClusterOperation): Operation {
  return async (parameters, context) => {
    const clusterId = requiredText(parameters, row.cluster);
    const cluster = await needCluster(context.resources, clusterId);
    if (row.evenIfFailed !== true) refuseIfFailed(cluster);
    if (row.busy === undefined) refuseIfDeleting(cluster);
    const asked = row.nodePool === undefined ? undefined : requiredText(parameters, row.nodePool);
    if (asked !== undefined) await needNodePool(context.resources, clusterId, asked);
    const request = { parameters, context, cluster, clusterId, nodePoolId: asked };
    const extra = (await row.prepare?.(request)) ?? {};
    const nodePoolId = extra.nodePoolId ?? asked;
    const stateBefore = showBusy(row, context, cluster, nodePoolId);
    return clusterPlan(row, {
      clusterId,
      clusterName: stringOf(cluster.data["name"]),
      input: withoutSecrets(parameters),
      attributes: defined({ nodePoolId, stateBefore, ...extra.attributes }),
      ...(extra.reply && { reply: extra.reply }),
    });
  };
}

function refuseIfFailed(cluster: Resource): void {
  const state = stringOf(cluster.data["state"]);
  if (state !== "failed" && state !== "delete_failed") return;
  const message = `cluster ${cluster.id} is in state ${state}; delete it and create another`;
  throw new DomainError("ResourceBusy", message, { kind: "cluster", id: cluster.id, state });
}

/** What keeps no cluster busy is not stopped by the deletion's key. */
function refuseIfDeleting({ id, data }: Resource): void {
  const state = stringOf(data["state"]);
  if (state !== "deleting") return;
  throw new DomainError("ResourceBusy", `cluster ${id} is being deleted`, {
    kind: "cluster",
    id,
    state,
  });
}

/**
 * A cluster that another task keeps busy shows that one's state until it is this one's turn (`clusterTask`).
 * @returns the state to give back, if it is changed here.
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

/** What cluster and pool show while the task has its turn. */
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

/** One operation per cluster at a time; those that keep no cluster busy, one of their type. */
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
