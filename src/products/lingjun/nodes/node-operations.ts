import type { JsonObject } from "../../../core/json.ts";
import type { OperationContext, StartOperation } from "../../../core/product.ts";
import type { Resource } from "../../../core/resource.ts";
import {
  invalidParameter,
  missingParameter,
  objectList,
  optionalText,
  requiredText,
  requiredTextList,
} from "../../parameters.ts";
import { need } from "../../simulation.ts";
import { clusterPlan, markBusy, nameOf } from "../operations.ts";
import {
  type ClusterKind,
  clusterKindOf,
  clusterOf,
  NODE,
  needMember,
  needWorkingCluster,
} from "../resources.ts";
import type { NodeSubTask } from "./node-sub-tasks.ts";
import { RECLONE } from "./node-tasks.ts";

interface NodeOperation {
  readonly type: (kind: ClusterKind) => string;
  readonly subTask: NodeSubTask;
  readonly nodeIds: (parameters: JsonObject) => readonly string[];
}

/** An operation on nodes of one cluster. Without a `ClusterId`, it is the cluster of the nodes. */
function nodeOperation(row: NodeOperation): StartOperation {
  return async (parameters, context) => {
    const nodeIds = [...new Set(row.nodeIds(parameters))];
    const clusterId =
      optionalText(parameters, "ClusterId") ?? (await clusterOfNodes(nodeIds, context));
    const cluster = await needWorkingCluster(context.resources, clusterId);
    for (const id of nodeIds) await needMember(context.resources, clusterId, id);
    return clusterPlan({
      type: row.type(clusterKindOf(cluster)),
      clusterId,
      clusterName: nameOf(cluster),
      nodeIds,
      input: parameters,
      attributes: markBusy(context, nodeIds, row.subTask),
    });
  };
}

/** The one cluster of these nodes. @throws DomainError `ResourceNotFound`, `InvalidParameter` if there is not exactly one. */
export async function clusterOfNodes(
  nodeIds: readonly string[],
  context: OperationContext,
  parameter = "Nodes",
): Promise<string> {
  const nodes: Resource[] = [];
  for (const id of nodeIds) nodes.push(await need(context.resources, NODE, id, "node"));
  const clusters = new Set(nodes.map((node) => clusterOf(node) || "no cluster"));
  const [only, ...others] = clusters;
  if (only === undefined || only === "no cluster" || others.length > 0) {
    const expected = `nodes of one cluster; these are in ${[...clusters].join(", ")}`;
    throw invalidParameter(parameter, nodeIds, expected);
  }
  return only;
}

export const nodeOperations: Readonly<Record<string, StartOperation>> = {
  RebootNodes: nodeOperation({
    type: () => "reboot_node",
    subTask: "reboot_node_sub_task",
    nodeIds: (parameters) => requiredTextList(parameters, "Nodes"),
  }),
  StopNodes: nodeOperation({
    type: () => "stop_node",
    subTask: "stop_node_sub_task",
    nodeIds: (parameters) => requiredTextList(parameters, "Nodes"),
  }),
  ReimageNodes: nodeOperation({
    type: (kind) => RECLONE[kind],
    subTask: "reclone_node_sub_task",
    nodeIds: (parameters) => {
      const nodes = objectList(parameters, "Nodes");
      if (nodes.length === 0) throw missingParameter("Nodes", "a list with at least one node");
      return nodes.map((node) => requiredText(node, "NodeId"));
    },
  }),
};
