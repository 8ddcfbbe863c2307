import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { StartOperation } from "../../../core/product.ts";
import type { Resource, ResourceReader } from "../../../core/resource.ts";
import { missingParameter, objectList, optionalText, requiredText } from "../../parameters.ts";
import { stringOf } from "../../simulation.ts";
import { newClusterId } from "../ids.ts";
import { CUT } from "../nodes/node-tasks.ts";
import { clusterPlan, markBusy, nameOf, occupy } from "../operations.ts";
import {
  CLUSTER,
  clusterKindOf,
  NODE_GROUP,
  needCluster,
  needMember,
  needNodeGroup,
  needWorkingCluster,
  nodesOf,
} from "../resources.ts";
import { EXTEND, INITIALIZE } from "./growth-tasks.ts";
import { clusterData, newGroup, requestedKind, reserveNodes } from "./planning.ts";

/** The cluster exists at once, in state `initializing`. The task adds node groups and nodes. */
const createCluster: StartOperation = async (parameters, context) => {
  const id = newClusterId(context.now, context.random);
  const name = optionalText(parameters, "ClusterName") ?? id;
  const kind = requestedKind(parameters);
  const plans = objectList(parameters, "NodeGroups").map((request, index) => ({
    group: { ...newGroup(request, `default-${index + 1}`, context), ClusterId: id },
    request,
  }));
  const joining = await reserveNodes(plans, context);
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

const extendCluster: StartOperation = async (parameters, context) => {
  const clusterId = requiredText(parameters, "ClusterId");
  const cluster = await needWorkingCluster(context.resources, clusterId);
  const plans = [];
  for (const request of objectList(parameters, "NodeGroups")) {
    const groupId =
      optionalText(request, "NodeGroupId") ?? (await firstGroup(context.resources, cluster));
    const group = await needNodeGroup(context.resources, groupId, clusterId);
    plans.push({ group: group.data, request });
  }
  const joining = await reserveNodes(plans, context);
  if (joining.length === 0)
    throw missingParameter("NodeGroups[].Nodes", "at least one free node, or give an Amount");
  return clusterPlan({
    type: EXTEND[clusterKindOf(cluster)],
    clusterId,
    clusterName: nameOf(cluster),
    nodeIds: joining.map(nodeIdOf),
    input: parameters,
    attributes: { joining, ...occupy(context, cluster, "expanding") },
  });
};

const shrinkCluster: StartOperation = async (parameters, context) => {
  const clusterId = requiredText(parameters, "ClusterId");
  const cluster = await needWorkingCluster(context.resources, clusterId);
  const nodeIds = new Set<string>();
  for (const group of objectList(parameters, "NodeGroups")) {
    const groupId = optionalText(group, "NodeGroupId");
    if (groupId !== undefined) await needNodeGroup(context.resources, groupId, clusterId);
    for (const node of objectList(group, "Nodes")) {
      nodeIds.add(
        (await needMember(context.resources, clusterId, requiredText(node, "NodeId"))).id,
      );
    }
  }
  if (nodeIds.size === 0)
    throw missingParameter("NodeGroups[].Nodes", "at least one node of the cluster");
  return clusterPlan({
    type: CUT[clusterKindOf(cluster)],
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

/** The group for new nodes if the caller names none. @throws DomainError `ResourceBusy` while the cluster is being created. */
async function firstGroup(resources: ResourceReader, { id, data }: Resource): Promise<string> {
  const [group] = await resources.list({ kind: NODE_GROUP, parent: id, limit: 1 });
  if (group !== undefined) return group.id;
  if (data["OperatingState"] === "initializing") {
    const message = `cluster ${id} is being created; wait until that has ended`;
    throw new DomainError("ResourceBusy", message, { kind: "cluster", id });
  }
  throw missingParameter("NodeGroups[].NodeGroupId", "the id of a node group");
}

/** The answer has no task id, as on the real service. There is a task nevertheless. */
const deleteCluster: StartOperation = async (parameters, context) => {
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

export const clusterOperations: Readonly<Record<string, StartOperation>> = {
  CreateCluster: createCluster,
  ExtendCluster: extendCluster,
  ShrinkCluster: shrinkCluster,
  DeleteCluster: deleteCluster,
};
