import type { ResourceWriter } from "../../../core/resource.ts";
import type { StepHandler } from "../../../core/step-context.ts";
import type { Task } from "../../../core/task.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { oneByOne, type SimulatedWork, stringOf, stringsOf } from "../../simulation.ts";
import { durationOf } from "../apply.ts";
import { change, changeIf, followSize, NODE, nodesOf } from "../resources.ts";
import { clusterTask, stage } from "../stages.ts";
import { announceInstances, joiningStages, settleNewNodes } from "./new-nodes.ts";

/** Tasks that add nodes to a cluster or take them away. */
export function nodeTasks(work: SimulatedWork): readonly TaskType[] {
  return [clusterScaleout(work), clusterAttach(work), clusterNodeDelete(work)];
}

/**
 * ScaleClusterNodePool and ScaleOutCluster. Instances beyond the quota of the pool fail. Then the task fails at its end, and
 * the other instances stay.
 */
function clusterScaleout(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "cluster_scaleout",
    steps: {
      PrepareScaleOut: stage(work, {
        ms: 800,
        message: "prepare the scale-out",
        start: "NodePoolScaleOutStart",
        does: announceInstances,
      }),
      ...joiningStages(work, {
        source: "ess",
        grows: true,
        event: "NodePoolScaleOut",
        create: ["CreateInstances", "create instances"],
        verify: { ms: 700, message: "verify the new nodes" },
      }),
    },
    ended: settleNewNodes,
  });
}

/** AttachInstances and AttachInstancesToNodePool: the instances exist already. */
function clusterAttach(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "cluster_attach",
    steps: {
      CheckInstances: stage(work, {
        ms: 700,
        message: "check the instances",
        start: "ClusterAttachStart",
        does: announceInstances,
      }),
      ...joiningStages(work, {
        source: "ess_attach",
        grows: true,
        event: "ClusterAttach",
        create: ["PrepareInstances", "replace system disks"],
        verify: { ms: 600, message: "verify the new nodes" },
      }),
    },
    ended: settleNewNodes,
  });
}

/** RemoveNodePoolNodes and DeleteClusterNodes. The nodes are removed one by one. A cancel does not bring removed nodes back. */
function clusterNodeDelete(work: SimulatedWork): TaskType {
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

/** Removes the nodes whose items say so, even if the step did not finish. The others are in use again. */
async function settleRemoval(task: Task, resources: ResourceWriter): Promise<void> {
  const gone = task.items.filter(({ status }) => status === "success").map(({ id }) => id);
  await takeAway(resources, stringOf(task.attributes["clusterId"]), gone);
  for (const { id } of task.items) {
    if (!gone.includes(id)) changeIf(resources, NODE, id, "removing", { state: "running" });
  }
}

/** Removes these nodes from the cluster. The sizes of their pools shrink with them. */
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

function drain(work: SimulatedWork): StepHandler {
  return async (input, context) => {
    const ids = stringsOf(context.attributes["instanceIds"]);
    for (const id of ids) context.item(id, "initial");
    await oneByOne(
      work,
      context,
      ids,
      durationOf(input, input["drain_node"] === true ? 2_000 : 500),
      (id) => {
        change(context.resources, NODE, id, { state: "removing" });
      },
    );
  };
}

function remove(work: SimulatedWork): StepHandler {
  return async (input, context) => {
    const ids = stringsOf(context.attributes["instanceIds"]);
    const clusterId = stringOf(context.attributes["clusterId"]);
    await oneByOne(work, context, ids, durationOf(input, 2_000), (id) => {
      context.item(id, "success");
    });
    await takeAway(context.resources, clusterId, ids);
  };
}

/** ECS instances are not simulated. Releasing them takes time and is reported, and has no other effect. */
function release(work: SimulatedWork): StepHandler {
  return async (input, context) => {
    const released = input["release_node"] === true;
    await work(context, released ? 1_200 : 500);
    return { released_instance_ids: released ? stringsOf(context.attributes["instanceIds"]) : [] };
  };
}
