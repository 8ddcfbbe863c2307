import type { Json, JsonObject } from "../../core/json.ts";
import type { OperationContext, OperationPlan } from "../../core/product.ts";
import type { Resource } from "../../core/resource.ts";
import { stringOf, withoutSecrets } from "../simulation.ts";
import { BUSY, type NodeSubTask } from "./node-sub-tasks.ts";
import { IDLE, occupyNode, setCluster } from "./resources.ts";

export interface PlanFacts {
  readonly type: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly nodeIds: readonly string[];
  readonly input: JsonObject;
  readonly attributes?: Readonly<Record<string, Json>>;
  readonly reply?: JsonObject;
}

/** What all operations on a Lingjun cluster have in common: one at a time for a cluster. */
export function clusterPlan(facts: PlanFacts): OperationPlan {
  const { clusterId, clusterName, nodeIds } = facts;
  return {
    type: facts.type,
    input: withoutSecrets(facts.input),
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
 * From now on the cluster shows what is being done to it; one that another task keeps busy does so when it is this
 * one's turn (`clusterTask`).
 * @returns attributes of the new task.
 */
export function occupy(context: OperationContext, cluster: Resource, busy: string): JsonObject {
  const state = stringOf(cluster.data["OperatingState"]);
  if (!IDLE.includes(state)) return { busy };
  setCluster(context.resources, cluster.id, context.now, { OperatingState: busy });
  return { busy, stateBefore: state };
}

/** From now on the nodes show what is being done to them. @returns attributes of the new task. */
export function markBusy(
  context: OperationContext,
  nodeIds: readonly string[],
  subTask: NodeSubTask,
): JsonObject {
  const nodeBusy = BUSY[subTask];
  for (const id of nodeIds) occupyNode(context.resources, id, nodeBusy);
  return { nodeBusy };
}
