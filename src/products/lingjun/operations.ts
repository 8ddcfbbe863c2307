import type { Json, JsonObject } from "../../core/json.ts";
import type { OperationContext, OperationPlan } from "../../core/product.ts";
import type { Resource } from "../../core/resource.ts";
import { stringOf } from "../simulation.ts";
import { BUSY, type NodeSubTask } from "./nodes/node-sub-tasks.ts";
import { IDLE, occupyNode, setCluster } from "./resources.ts";

/** The values from which the plan of an operation on a cluster is made. */
export interface PlanFacts {
  readonly type: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly nodeIds: readonly string[];
  readonly input: JsonObject;
  readonly attributes?: Readonly<Record<string, Json>>;
  readonly reply?: JsonObject;
}

/** The plan of an operation on a cluster. At most one operation runs on a cluster at a time. */
export function clusterPlan(facts: PlanFacts): OperationPlan {
  const { clusterId, clusterName, nodeIds } = facts;
  return {
    type: facts.type,
    input: facts.input,
    target: { type: "cluster", id: clusterId, name: clusterName },
    attributes: { clusterId, clusterName, nodeIds, ...facts.attributes },
    concurrencyKey: `lingjun/cluster/${clusterId}`,
    whenBusy: "reject",
    ...(facts.reply && { reply: facts.reply }),
  };
}

export function nameOf(cluster: Resource): string {
  return stringOf(cluster.data["ClusterName"]);
}

/**
 * Shows the task in the state of the cluster. If another task keeps the cluster busy, the state changes later, when this task
 * starts (`clusterTask`).
 * @returns attributes for the new task.
 */
export function occupy(context: OperationContext, cluster: Resource, busy: string): JsonObject {
  const state = stringOf(cluster.data["OperatingState"]);
  if (!IDLE.includes(state)) return { busy };
  setCluster(context.resources, cluster.id, context.now, { OperatingState: busy });
  return { busy, stateBefore: state };
}

/** Shows the task in the states of the nodes. @returns attributes for the new task. */
export function markBusy(
  context: OperationContext,
  nodeIds: readonly string[],
  subTask: NodeSubTask,
): JsonObject {
  const nodeBusy = BUSY[subTask];
  for (const id of nodeIds) occupyNode(context.resources, id, nodeBusy);
  return { nodeBusy };
}
