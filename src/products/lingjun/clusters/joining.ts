import type { JsonObject } from "../../../core/json.ts";
import type { ResourceWriter } from "../../../core/resource.ts";
import type { StepHandler } from "../../../core/step-context.ts";
import type { Task } from "../../../core/task.ts";
import { objectsOf, oneByOne, type SimulatedWork, stringOf } from "../../simulation.ts";
import { utcTime } from "../../times.ts";
import { failIfNodesFailed } from "../nodes/each-node.ts";
import { isMissingImage } from "../nodes/node-sub-tasks.ts";
import { joinCluster, leaveCluster, NODE_GROUP, setCluster } from "../resources.ts";

/** A node that joins a cluster, as the operation has planned it (attribute `joining`). */
interface JoiningNode {
  readonly nodeId: string;
  readonly fields: JsonObject;
  readonly imageId: string;
}

function joiningNodes(attributes: JsonObject): readonly JoiningNode[] {
  return objectsOf(attributes["joining"]).map((fields) => ({
    nodeId: stringOf(fields["NodeId"]),
    imageId: stringOf(fields["ImageId"]),
    fields,
  }));
}

/** First step of CreateCluster and ExtendCluster: the cluster names its task, and the new node groups are created. */
export const createGroups: StepHandler = async (_input, context) => {
  const clusterId = stringOf(context.attributes["clusterId"]);
  const now = utcTime(context.now());
  for (const group of objectsOf(context.attributes["newGroups"])) {
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

/** The nodes join, one by one. A node whose image does not exist fails. */
export function initializeNodes(work: SimulatedWork): StepHandler {
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
    failIfNodesFailed(context, input, failures);
  };
}

/** At the end of the task: nodes that were initialized belong to the cluster, the others are free again. */
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
