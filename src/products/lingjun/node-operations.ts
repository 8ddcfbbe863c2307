import type { JsonObject } from "../../core/json.ts";
import type { Operation, OperationContext } from "../../core/product.ts";
import type { Resource } from "../../core/resource.ts";
import { invalid, missing, objects, requiredText, requiredTexts, text } from "../parameters.ts";
import { need } from "../simulation.ts";
import type { NodeSubTask } from "./node-sub-tasks.ts";
import { RECLONE } from "./node-tasks.ts";
import { clusterPlan, markBusy, nameOf } from "./operations.ts";
import {
  type ClusterKind,
  clusterOf,
  kindOf,
  NODE,
  needMember,
  needWorkingCluster,
} from "./resources.ts";

interface NodeOperation {
  readonly type: (kind: ClusterKind) => string;
  readonly subTask: NodeSubTask;
  readonly nodeIds: (parameters: JsonObject) => readonly string[];
}

/** An operation on some nodes of one cluster, which the nodes tell when the caller does not. */
function nodeOperation(row: NodeOperation): Operation {
  return async (parameters, context) => {
    const asked = [...new Set(row.nodeIds(parameters))];
    const clusterId = text(parameters, "ClusterId") ?? (await clusterOfNodes(asked, context));
    const cluster = await needWorkingCluster(context.resources, clusterId);
    for (const id of asked) await needMember(context.resources, clusterId, id);
    return clusterPlan({
      type: row.type(kindOf(cluster)),
      clusterId,
      clusterName: nameOf(cluster),
      nodeIds: asked,
      input: parameters,
      attributes: markBusy(context, asked, row.subTask),
    });
  };
}

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
    throw invalid(parameter, nodeIds, expected);
  }
  return only;
}

export const nodeOperations: Readonly<Record<string, Operation>> = {
  RebootNodes: nodeOperation({
    type: () => "reboot_node",
    subTask: "reboot_node_sub_task",
    nodeIds: (parameters) => requiredTexts(parameters, "Nodes"),
  }),
  StopNodes: nodeOperation({
    type: () => "stop_node",
    subTask: "stop_node_sub_task",
    nodeIds: (parameters) => requiredTexts(parameters, "Nodes"),
  }),
  ReimageNodes: nodeOperation({
    type: (kind) => RECLONE[kind],
    subTask: "reclone_node_sub_task",
    nodeIds: (parameters) => {
      const nodes = objects(parameters, "Nodes");
      if (nodes.length === 0) throw missing("Nodes", "a list with at least one node");
      return nodes.map((node) => requiredText(node, "NodeId"));
    },
  }),
};
