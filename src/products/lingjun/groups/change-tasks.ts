import { TerminalError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Resource } from "../../../core/resource.ts";
import type { StepContext, StepHandler } from "../../../core/step-context.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { isObject, oneByOne, type SimulatedWork, stringOf, stringsOf } from "../../simulation.ts";
import { utcTime } from "../../times.ts";
import { clusterTask } from "../cluster-task.ts";
import { clusterIdOf } from "../nodes/each-node.ts";
import { nameTask } from "../nodes/node-tasks.ts";
import { plannedStep, type StepPlan } from "../planned-step.ts";
import { CLUSTER, leaveCluster, NODE_GROUP, nodesOf, nodesOfGroup, setNode } from "../resources.ts";

/*
 * Tasks of operations for which the contract names no type. Their types and step names are INFERRED. Operations put the new
 * values into the attributes `nodeFields` and `groupFields`.
 */

export function changeTasks(work: SimulatedWork): readonly TaskType[] {
  return [
    nodeChange(work, "change_node_group", "replaceMachine"),
    nodeChange(work, "change_node_types", "initializeNodes"),
    updateNodeGroup(work),
    releaseCluster(work),
    singleStep(work, "create_node_group", "initializeNodes", "Creating the node group"),
    singleStep(work, "delete_node_group", "cleanNodes", "Deleting the node group", removeGroup),
  ];
}

/** Changes the nodes one by one. Nodes that were changed before the task stopped keep the change. */
function nodeChange(work: SimulatedWork, type: string, tag: StepPlan["tag"]): TaskType {
  return clusterTask({
    type,
    steps: {
      check_nodes: plannedStep(work, {
        tag,
        ms: 600,
        message: "Checking the nodes",
        does: nameTask,
      }),
      change_nodes: plannedStep(work, {
        tag,
        message: "Changing the nodes",
        does: changeNodes(work),
      }),
      verify_nodes: plannedStep(work, { tag, ms: 600, message: "Checking the result" }),
    },
    ofMembers: true,
    ended: async (task, resources) => {
      for (const { id, status } of task.items) {
        if (status === "success") setNode(resources, id, nodeFieldsOf(task.attributes));
      }
    },
  });
}

function changeNodes(work: SimulatedWork): StepHandler {
  return async (_input, context) => {
    const groupId = nodeFieldsOf(context.attributes)["NodeGroupId"];
    if (groupId !== undefined) await needGroup(context, stringOf(groupId));
    const ids = stringsOf(context.attributes["nodeIds"]);
    for (const id of ids) context.item(id, "initial");
    await oneByOne(work, context, ids, 2_000, (id) => {
      setNode(context.resources, id, nodeFieldsOf(context.attributes));
      context.item(id, "success");
    });
  };
}

function nodeFieldsOf(attributes: JsonObject): JsonObject {
  return isObject(attributes["nodeFields"]) ? attributes["nodeFields"] : {};
}

function updateNodeGroup(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "update_node_group",
    steps: {
      check_group: plannedStep(work, {
        tag: "initializeNodes",
        ms: 700,
        message: "Checking the node group",
        does: async (_input, context) => void (await needGroup(context)),
      }),
      update_group: plannedStep(work, {
        tag: "initializeNodes",
        ms: 1_500,
        message: "Updating the node group",
        does: async (_input, context) => {
          const fields = context.attributes["groupFields"];
          if (!isObject(fields)) return;
          const UpdateTime = utcTime(context.now());
          context.resources.update(NODE_GROUP, groupIdOf(context.attributes), (data) => ({
            ...data,
            ...fields,
            UpdateTime,
          }));
        },
      }),
      sync_nodes: plannedStep(work, {
        tag: "initializeNodes",
        ms: 800,
        message: "Telling the nodes",
        does: async (_input, context) => {
          const name = context.attributes["newGroupName"];
          if (typeof name !== "string") return;
          for (const { id } of await membersOf(context)) {
            setNode(context.resources, id, { NodeGroupName: name });
          }
        },
      }),
    },
  });
}

/** DeleteCluster frees the nodes, then removes the cluster. A cancel before the last step keeps the cluster. */
function releaseCluster(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "release_cluster",
    steps: {
      check_cluster: plannedStep(work, {
        tag: "releaseMachine",
        ms: 500,
        message: "Checking the cluster",
        does: nameTask,
      }),
      clean_machines: plannedStep(work, {
        tag: "cleanMachine",
        ms: 1_500,
        message: "Cleaning the physical machines",
      }),
      release_cluster: plannedStep(work, {
        tag: "releaseMachine",
        ms: 1_000,
        message: "Releasing nodes, node groups and the cluster",
        does: removeCluster,
      }),
    },
    evenIfFailed: true,
  });
}

const removeCluster: StepHandler = async (_input, { attributes, resources }) => {
  const clusterId = clusterIdOf({ attributes });
  for (const { id } of await nodesOf(resources, clusterId)) leaveCluster(resources, id);
  for (const group of await resources.list({ kind: NODE_GROUP, parent: clusterId })) {
    resources.remove(NODE_GROUP, group.id);
  }
  resources.remove(CLUSTER, clusterId);
};

function singleStep(
  work: SimulatedWork,
  type: string,
  tag: StepPlan["tag"],
  message: string,
  does?: StepHandler,
): TaskType {
  return clusterTask({
    type,
    steps: { [type]: plannedStep(work, { tag, ms: 800, message, ...(does && { does }) }) },
  });
}

const removeGroup: StepHandler = async (_input, context) => {
  const { id } = await needGroup(context);
  const { length } = await membersOf(context);
  if (length > 0) {
    const why = `node group ${id} has ${length} nodes; move or release them first`;
    throw new TerminalError("NotApplicable", `step ${context.step}: ${why}`);
  }
  context.resources.remove(NODE_GROUP, id);
};

/** @throws TerminalError if the node group is gone. */
async function needGroup(
  { attributes, resources, step }: StepContext,
  id = groupIdOf(attributes),
): Promise<Resource> {
  const group = await resources.get(NODE_GROUP, id);
  if (group !== undefined) return group;
  throw new TerminalError("ResourceNotFound", `step ${step}: node group ${id} is gone`);
}

/** The present nodes of the group. */
function membersOf({ attributes, resources }: StepContext): Promise<readonly Resource[]> {
  return nodesOfGroup(resources, clusterIdOf({ attributes }), groupIdOf(attributes));
}

function groupIdOf(attributes: JsonObject): string {
  return stringOf(attributes["nodeGroupId"]);
}
