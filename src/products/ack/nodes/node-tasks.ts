import type { ResourceWriter } from "../../../core/resource.ts";
import type { StepHandler } from "../../../core/step-context.ts";
import type { Task } from "../../../core/task.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { oneByOne, stringOf, stringsOf, type Work } from "../../simulation.ts";
import { spanOf } from "../apply.ts";
import { change, changeIf, followSize, NODE, nodesOf } from "../resources.ts";
import { clusterTask, stage } from "../stages.ts";
import {
  addNodes,
  announceInstances,
  joinNodes,
  settleNewNodes,
  verifyNodes,
} from "./new-nodes.ts";

/** Tasks that add nodes to a cluster or take them away. */
export function nodeTasks(work: Work): readonly TaskType[] {
  return [clusterScaleout(work), clusterAttach(work), clusterNodeDelete(work)];
}

/**
 * ScaleClusterNodePool and ScaleOutCluster. Instances beyond the pool's quota fail, and with them, at last, the task;
 * the others stay.
 */
function clusterScaleout(work: Work): TaskType {
  return clusterTask({
    type: "cluster_scaleout",
    steps: {
      PrepareScaleOut: stage(work, {
        ms: 800,
        message: "prepare the scale-out",
        start: "NodePoolScaleOutStart",
        does: announceInstances,
      }),
      CreateInstances: stage(work, {
        message: "create instances",
        does: addNodes(work, "ess", { grows: true }),
      }),
      JoinCluster: stage(work, { message: "join instances to the cluster", does: joinNodes(work) }),
      VerifyNodes: stage(work, {
        ms: 700,
        message: "verify the new nodes",
        does: verifyNodes("NodePoolScaleOutFailed"),
        done: "NodePoolScaleOutSucceed",
      }),
    },
    ended: settleNewNodes,
  });
}

/** AttachInstances and AttachInstancesToNodePool: the same with instances that exist already. */
function clusterAttach(work: Work): TaskType {
  return clusterTask({
    type: "cluster_attach",
    steps: {
      CheckInstances: stage(work, {
        ms: 700,
        message: "check the instances",
        start: "ClusterAttachStart",
        does: announceInstances,
      }),
      PrepareInstances: stage(work, {
        message: "replace system disks",
        does: addNodes(work, "ess_attach", { grows: true }),
      }),
      JoinCluster: stage(work, { message: "join instances to the cluster", does: joinNodes(work) }),
      VerifyNodes: stage(work, {
        ms: 600,
        message: "verify the new nodes",
        does: verifyNodes("ClusterAttachFailed"),
        done: "ClusterAttachSucceed",
      }),
    },
    ended: settleNewNodes,
  });
}

/** RemoveNodePoolNodes and DeleteClusterNodes: the nodes leave one by one; those removed before a cancel stay away. */
function clusterNodeDelete(work: Work): TaskType {
  return clusterTask({
    type: "cluster_node_delete",
    steps: {
      DrainNodes: stage(work, {
        message: "drain nodes",
        start: "NodeRemoveStart",
        does: drain(work),
      }),
      RemoveNodes: stage(work, { message: "remove nodes from the cluster", does: remove(work) }),
      ReleaseInstances: stage(work, {
        message: "release instances",
        does: release(work),
        done: "NodeRemoveSucceed",
      }),
    },
    ended: settleRemoval,
  });
}

/** What the items say has happened, whether or not the step that did it came to its end. */
async function settleRemoval(task: Task, resources: ResourceWriter): Promise<void> {
  const gone = task.items.filter(({ status }) => status === "success").map(({ id }) => id);
  await takeAway(resources, stringOf(task.attributes["clusterId"]), gone);
  for (const { id } of task.items) {
    if (!gone.includes(id)) changeIf(resources, NODE, id, "removing", { state: "running" });
  }
}

/** Removes those of the cluster's nodes; their pools shrink by them. */
async function takeAway(
  resources: ResourceWriter,
  clusterId: string,
  ids: readonly string[],
): Promise<void> {
  const wanted = new Set(ids);
  const nodes = await nodesOf(resources, clusterId);
  const gone = nodes.filter(({ id }) => wanted.has(id));
  for (const { id } of gone) resources.remove(NODE, id);
  for (const pool of new Set(gone.map(({ data }) => stringOf(data["nodepool_id"])))) {
    followSize(resources, pool, nodes, { go: ids });
  }
}

function drain(work: Work): StepHandler {
  return async (input, context) => {
    const ids = stringsOf(context.attributes["instanceIds"]);
    for (const id of ids) context.item(id, "initial");
    await oneByOne(
      work,
      context,
      ids,
      spanOf(input, input["drain_node"] === true ? 2_000 : 500),
      (id) => {
        change(context.resources, NODE, id, { state: "removing" });
      },
    );
  };
}

function remove(work: Work): StepHandler {
  return async (input, context) => {
    const ids = stringsOf(context.attributes["instanceIds"]);
    const clusterId = stringOf(context.attributes["clusterId"]);
    await oneByOne(work, context, ids, spanOf(input, 2_000), (id) => {
      context.item(id, "success");
    });
    await takeAway(context.resources, clusterId, ids);
  };
}

/** ECS instances are not simulated: releasing them only takes time and is told. */
function release(work: Work): StepHandler {
  return async (input, context) => {
    const released = input["release_node"] === true;
    await work(context, released ? 1_200 : 500);
    return { released_instance_ids: released ? stringsOf(context.attributes["instanceIds"]) : [] };
  };
}
