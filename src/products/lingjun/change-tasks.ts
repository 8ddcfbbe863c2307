import { TerminalError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Resource } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import type { TaskType } from "../../core/task-type.ts";
import { isObject, oneByOne, stringOf, stringsOf, type Work } from "../simulation.ts";
import { utcSeconds } from "../times.ts";
import { clusterTask } from "./cluster-task.ts";
import { clusterIdOf } from "./each-node.ts";
import { nameTask } from "./node-tasks.ts";
import { CLUSTER, leaveCluster, NODE_GROUP, nodesOf, setNode } from "./resources.ts";
import { type Stage, stage } from "./stages.ts";

/*
 * Tasks of operations for which the contract names no type: types and step names are INFERRED. Operations put what is to
 * be into the attributes `nodeFields` and `groupFields`.
 */

export function changeTasks(work: Work): readonly TaskType[] {
  return [
    nodeChange(work, "change_node_group", "replaceMachine"),
    nodeChange(work, "change_node_types", "initializeNodes"),
    updateNodeGroup(work),
    releaseCluster(work),
    oneStep(work, "create_node_group", "initializeNodes", "Creating the node group"),
    oneStep(work, "delete_node_group", "cleanNodes", "Deleting the node group", removeGroup),
  ];
}

/** The nodes change one by one; those that were done when the task was stopped stay so. */
function nodeChange(work: Work, type: string, tag: Stage["tag"]): TaskType {
  return clusterTask({
    type,
    steps: {
      check_nodes: stage(work, { tag, ms: 600, message: "Checking the nodes", does: nameTask }),
      change_nodes: stage(work, { tag, message: "Changing the nodes", does: changeNodes(work) }),
      verify_nodes: stage(work, { tag, ms: 600, message: "Checking the result" }),
    },
    ofMembers: true,
    ended: async (task, resources) => {
      for (const { id, status } of task.items) {
        if (status === "success") setNode(resources, id, nodeFieldsOf(task.attributes));
      }
    },
  });
}

function changeNodes(work: Work): StepHandler {
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

function updateNodeGroup(work: Work): TaskType {
  return clusterTask({
    type: "update_node_group",
    steps: {
      check_group: stage(work, {
        tag: "initializeNodes",
        ms: 700,
        message: "Checking the node group",
        does: async (_input, context) => void (await needGroup(context)),
      }),
      update_group: stage(work, {
        tag: "initializeNodes",
        ms: 1_500,
        message: "Updating the node group",
        does: async (_input, context) => {
          const fields = context.attributes["groupFields"];
          if (!isObject(fields)) return;
          const UpdateTime = utcSeconds(context.now());
          context.resources.update(NODE_GROUP, groupIdOf(context.attributes), (data) => ({
            ...data,
            ...fields,
            UpdateTime,
          }));
        },
      }),
      sync_nodes: stage(work, {
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

/** DeleteCluster: its nodes become free, then it is gone. Before the last step a cancel still saves it. */
function releaseCluster(work: Work): TaskType {
  return clusterTask({
    type: "release_cluster",
    steps: {
      check_cluster: stage(work, {
        tag: "releaseMachine",
        ms: 500,
        message: "Checking the cluster",
        does: nameTask,
      }),
      clean_machines: stage(work, {
        tag: "cleanMachine",
        ms: 1_500,
        message: "Cleaning the physical machines",
      }),
      release_cluster: stage(work, {
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

function oneStep(
  work: Work,
  type: string,
  tag: Stage["tag"],
  message: string,
  does?: StepHandler,
): TaskType {
  return clusterTask({
    type,
    steps: { [type]: stage(work, { tag, ms: 800, message, ...(does && { does }) }) },
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

/** @throws TerminalError if it is gone. */
async function needGroup(
  { attributes, resources, step }: StepContext,
  id = groupIdOf(attributes),
): Promise<Resource> {
  const group = await resources.get(NODE_GROUP, id);
  if (group !== undefined) return group;
  throw new TerminalError("ResourceNotFound", `step ${step}: node group ${id} is gone`);
}

/** The nodes of the group as it is now. */
async function membersOf({ attributes, resources }: StepContext): Promise<readonly Resource[]> {
  const groupId = groupIdOf(attributes);
  const nodes = await nodesOf(resources, clusterIdOf({ attributes }));
  return nodes.filter((node) => node.data["NodeGroupId"] === groupId);
}

function groupIdOf(attributes: JsonObject): string {
  return stringOf(attributes["nodeGroupId"]);
}
