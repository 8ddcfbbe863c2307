import type { Json, JsonObject } from "../../core/json.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { StepHandler } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import { isObject, oneByOne, stringOf, type Work } from "../simulation.ts";
import { utcSeconds } from "../times.ts";
import { judge } from "./each-node.ts";
import { isMissingImage } from "./node-sub-tasks.ts";
import { joinCluster, leaveCluster, NODE_GROUP, setCluster } from "./resources.ts";

/** A node on its way into a cluster, as the operation planned it (attribute `joining`). */
interface Joining {
  readonly nodeId: string;
  readonly fields: JsonObject;
  readonly imageId: string;
}

function joiningNodes(attributes: JsonObject): readonly Joining[] {
  return listOf(attributes["joining"]).map((fields) => ({
    nodeId: stringOf(fields["NodeId"]),
    imageId: stringOf(fields["ImageId"]),
    fields,
  }));
}

/** First step of both ways in: the cluster names its task, and its new node groups appear. */
export const createGroups: StepHandler = async (_input, context) => {
  const clusterId = stringOf(context.attributes["clusterId"]);
  const now = utcSeconds(context.now());
  for (const group of listOf(context.attributes["newGroups"])) {
    const times = { CreateTime: now, UpdateTime: now };
    context.resources.put(
      NODE_GROUP,
      stringOf(group["NodeGroupId"]),
      { ...group, ...times },
      clusterId,
    );
  }
  setCluster(context.resources, clusterId, context.now(), { TaskId: context.taskId });
};

/** Nodes are set up and join, one by one; an image that does not exist fails its node. */
export function initializeNodes(work: Work): StepHandler {
  return async (input, context) => {
    const nodes = joiningNodes(context.attributes);
    const cluster = clusterIn(context.attributes);
    for (const { nodeId } of nodes) context.item(nodeId, "initial");
    const failures: string[] = [];
    await oneByOne(work, context, nodes, 2_000, ({ nodeId, imageId, fields }) => {
      if (isMissingImage(imageId)) {
        const why = `node ${nodeId}: image ${imageId} does not exist`;
        context.item(nodeId, "failed", why);
        failures.push(why);
        return;
      }
      joinCluster(context.resources, nodeId, cluster, fields);
      context.item(nodeId, "success");
    });
    judge(context, input, failures);
  };
}

/** At the end: nodes that were set up are members, the others are free again. */
export async function settleNodes(task: Task, resources: ResourceWriter): Promise<void> {
  const done = new Set<string>();
  for (const item of task.items) if (item.status === "success") done.add(item.id);
  for (const { nodeId, fields } of joiningNodes(task.attributes)) {
    if (done.has(nodeId)) joinCluster(resources, nodeId, clusterIn(task.attributes), fields);
    else leaveCluster(resources, nodeId);
  }
}

function clusterIn(attributes: JsonObject): { readonly id: string; readonly name: string } {
  return { id: stringOf(attributes["clusterId"]), name: stringOf(attributes["clusterName"]) };
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
