import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Operation } from "../../core/product.ts";
import type { Resource, ResourceReader } from "../../core/resource.ts";
import { missing, objects, requiredText, text } from "../parameters.ts";
import { stringOf } from "../simulation.ts";
import { EXTEND, INITIALIZE } from "./grow.ts";
import { newClusterId } from "./ids.ts";
import { CUT } from "./node-tasks.ts";
import { clusterPlan, markBusy, nameOf, occupy } from "./operations.ts";
import { clusterData, kindAsked, newGroup, reserve } from "./planning.ts";
import {
  CLUSTER,
  kindOf,
  NODE_GROUP,
  needCluster,
  needMember,
  needNodeGroup,
  needWorkingCluster,
  nodesOf,
} from "./resources.ts";

/** The cluster is there at once, in state `initializing`; groups and nodes come with the task. */
const createCluster: Operation = async (parameters, context) => {
  const id = newClusterId(context.now, context.random);
  const name = text(parameters, "ClusterName") ?? id;
  const kind = kindAsked(parameters);
  const plans = objects(parameters, "NodeGroups").map((asked, index) => ({
    group: { ...newGroup(asked, `default-${index + 1}`, context), ClusterId: id },
    asked,
  }));
  const joining = await reserve(plans, context);
  const facts = { id, name, kind, state: "initializing", createdAt: context.now };
  context.resources.put(CLUSTER, id, clusterData(facts, parameters));
  return clusterPlan({
    type: INITIALIZE[kind],
    clusterId: id,
    clusterName: name,
    nodeIds: joining.map(nodeIdOf),
    input: parameters,
    attributes: {
      busy: facts.state,
      stateBefore: facts.state,
      newGroups: plans.map((plan) => plan.group),
      joining,
    },
    reply: { ClusterId: id },
  });
};

const extendCluster: Operation = async (parameters, context) => {
  const clusterId = requiredText(parameters, "ClusterId");
  const cluster = await needWorkingCluster(context.resources, clusterId);
  const plans = [];
  for (const asked of objects(parameters, "NodeGroups")) {
    const groupId = text(asked, "NodeGroupId") ?? (await firstGroup(context.resources, cluster));
    const group = await needNodeGroup(context.resources, groupId, clusterId);
    plans.push({ group: group.data, asked });
  }
  const joining = await reserve(plans, context);
  if (joining.length === 0)
    throw missing("NodeGroups[].Nodes", "at least one free node, or an Amount");
  return clusterPlan({
    type: EXTEND[kindOf(cluster)],
    clusterId,
    clusterName: nameOf(cluster),
    nodeIds: joining.map(nodeIdOf),
    input: parameters,
    attributes: { joining, ...occupy(context, cluster, "expanding") },
  });
};

const shrinkCluster: Operation = async (parameters, context) => {
  const clusterId = requiredText(parameters, "ClusterId");
  const cluster = await needWorkingCluster(context.resources, clusterId);
  const nodeIds = new Set<string>();
  for (const group of objects(parameters, "NodeGroups")) {
    const groupId = text(group, "NodeGroupId");
    if (groupId !== undefined) await needNodeGroup(context.resources, groupId, clusterId);
    for (const node of objects(group, "Nodes")) {
      nodeIds.add(
        (await needMember(context.resources, clusterId, requiredText(node, "NodeId"))).id,
      );
    }
  }
  if (nodeIds.size === 0) throw missing("NodeGroups[].Nodes", "at least one node of the cluster");
  return clusterPlan({
    type: CUT[kindOf(cluster)],
    clusterId,
    clusterName: nameOf(cluster),
    nodeIds: [...nodeIds],
    input: parameters,
    attributes: {
      ...occupy(context, cluster, "shrinking"),
      ...markBusy(context, [...nodeIds], "cut_node_sub_task"),
    },
  });
};

/** Where nodes go if the caller names no group. A cluster that is being made will have one: it is busy. */
async function firstGroup(resources: ResourceReader, { id, data }: Resource): Promise<string> {
  const [group] = await resources.list({ kind: NODE_GROUP, parent: id, limit: 1 });
  if (group !== undefined) return group.id;
  if (data["OperatingState"] === "initializing") {
    const message = `cluster ${id} is being created; wait for its end`;
    throw new DomainError("ResourceBusy", message, { kind: "cluster", id });
  }
  throw missing("NodeGroups[].NodeGroupId", "the id of a node group");
}

/** The answer carries no task id; the task is there all the same. */
const deleteCluster: Operation = async (parameters, context) => {
  const clusterId = requiredText(parameters, "ClusterId");
  const cluster = await needCluster(context.resources, clusterId);
  const nodes = await nodesOf(context.resources, clusterId);
  return clusterPlan({
    type: "release_cluster",
    clusterId,
    clusterName: nameOf(cluster),
    nodeIds: nodes.map((node) => node.id),
    input: parameters,
    attributes: occupy(context, cluster, "deleting"),
  });
};

function nodeIdOf(node: JsonObject): string {
  return stringOf(node["NodeId"]);
}

export const clusterOperations: Readonly<Record<string, Operation>> = {
  CreateCluster: createCluster,
  ExtendCluster: extendCluster,
  ShrinkCluster: shrinkCluster,
  DeleteCluster: deleteCluster,
};
