import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { StartOperation } from "../../../core/product.ts";
import type { Resource, ResourceReader } from "../../../core/resource.ts";
import {
  missingParameter,
  optionalChoice,
  optionalObject,
  optionalText,
  requiredText,
  requiredTextList,
} from "../../parameters.ts";
import { defined, stringOf } from "../../simulation.ts";
import { utcTime } from "../../times.ts";
import { loginType, newGroup } from "../clusters/planning.ts";
import { clusterOfNodes } from "../nodes/node-operations.ts";
import { clusterPlan, nameOf } from "../operations.ts";
import {
  NODE_GROUP,
  needMember,
  needNodeGroup,
  needWorkingCluster,
  nodesOfGroup,
} from "../resources.ts";

async function membersOf(resources: ResourceReader, group: Resource): Promise<readonly string[]> {
  const nodes = await nodesOfGroup(resources, group.parent ?? "", group.id);
  return nodes.map((node) => node.id);
}

const changeNodeGroup: StartOperation = async (parameters, context) => {
  const groupId = requiredText(parameters, "TargetNodeGroupId", "the id of a node group");
  const group = await needNodeGroup(context.resources, groupId);
  const cluster = await needWorkingCluster(context.resources, group.parent ?? "");
  const nodeIds = [...new Set(requiredTextList(parameters, "Nodes"))];
  for (const id of nodeIds) await needMember(context.resources, cluster.id, id);
  const { NodeGroupName = "" } = group.data;
  return clusterPlan({
    type: "change_node_group",
    clusterId: cluster.id,
    clusterName: nameOf(cluster),
    nodeIds,
    input: parameters,
    attributes: { nodeFields: { NodeGroupId: groupId, NodeGroupName } },
  });
};

/** The node types that the SDK names in its description of DescribeNode. */
const NODE_TYPES = [
  "cpfs-enhanced",
  "ebs-enhanced",
  "standard",
  "standby",
  "standard-v2",
  "standby-v2",
] as const;

/** The real operation answers with a pre-check of each node. Here a node that would not pass refuses the whole request. */
const changeNodeTypes: StartOperation = async (parameters, context) => {
  const nodeIds = [...new Set(requiredTextList(parameters, "NodeIds"))];
  const nodeType = optionalChoice(parameters, "NodeType", NODE_TYPES);
  if (nodeType === undefined) throw missingParameter("NodeType", `one of ${NODE_TYPES.join(", ")}`);
  const clusterId = await clusterOfNodes(nodeIds, context, "NodeIds");
  const cluster = await needWorkingCluster(context.resources, clusterId);
  return clusterPlan({
    type: "change_node_types",
    clusterId,
    clusterName: nameOf(cluster),
    nodeIds,
    input: parameters,
    attributes: { nodeFields: { NodeType: nodeType } },
    reply: {
      NodeResponse: nodeIds.map((NodeId) => ({ Code: "PASSED", Message: "success", NodeId })),
    },
  });
};

/** Parameters of UpdateNodeGroup, and the fields of DescribeNodeGroup that show them. */
const CHANGEABLE: Readonly<Record<string, string>> = {
  NewNodeGroupName: "NodeGroupName",
  ImageId: "ImageId",
  KeyPairName: "KeyPairName",
  RamRoleName: "RamRoleName",
  UserData: "UserData",
  FileSystemMountEnabled: "FileSystemMountEnabled",
  SystemDisk: "SystemDisk",
};

const updateNodeGroup: StartOperation = async (parameters, context) => {
  const groupId = requiredText(parameters, "NodeGroupId", "the id of a node group");
  const group = await needNodeGroup(context.resources, groupId);
  const cluster = await needWorkingCluster(context.resources, group.parent ?? "");
  const changes = Object.entries(CHANGEABLE).map(([from, to]) => [to, parameters[from]]);
  const groupFields = defined({
    ...Object.fromEntries(changes.map(([name, value]) => [name, value ?? undefined])),
    LoginType: loginType(parameters, group.data),
  });
  const newGroupName = optionalText(parameters, "NewNodeGroupName");
  return clusterPlan({
    type: "update_node_group",
    clusterId: cluster.id,
    clusterName: nameOf(cluster),
    nodeIds: await membersOf(context.resources, group),
    input: parameters,
    attributes: defined({ nodeGroupId: groupId, groupFields, newGroupName }),
  });
};

/** The group exists at once: the real answer has no task id, so a client has nothing to wait for. */
const createNodeGroup: StartOperation = async (parameters, context) => {
  const clusterId = requiredText(parameters, "ClusterId");
  const cluster = await needWorkingCluster(context.resources, clusterId);
  refuseIfDeleting(cluster);
  const request = optionalObject(parameters, "NodeGroup");
  if (request === undefined)
    throw missingParameter("NodeGroup", "the configuration of a node group");
  for (const name of ["NodeGroupName", "Az", "MachineType", "ImageId"]) requiredText(request, name);
  const group = newGroup(request, "", context);
  const id = stringOf(group["NodeGroupId"]);
  const now = utcTime(context.now);
  const data = { ...group, ClusterId: clusterId, CreateTime: now, UpdateTime: now };
  context.resources.put(NODE_GROUP, id, data, clusterId);
  return {
    ...groupPlan("create_node_group", cluster, id, parameters),
    // A new group disturbs no other task, so it can be created while the cluster is busy.
    concurrencyKey: `lingjun/nodegroup/${id}`,
    reply: { NodeGroupId: id, NodeGroupName: group["NodeGroupName"] ?? "" },
  };
};

/** Creating a group does not wait for the cluster, so the concurrency key of a deletion does not stop it. */
function refuseIfDeleting({ id, data }: Resource): void {
  if (data["OperatingState"] !== "deleting") return;
  throw new DomainError("ResourceBusy", `cluster ${id} is being deleted; give another cluster`, {
    kind: "cluster",
    id,
  });
}

const deleteNodeGroup: StartOperation = async (parameters, context) => {
  const groupId = requiredText(parameters, "NodeGroupId", "the id of a node group");
  const group = await needNodeGroup(
    context.resources,
    groupId,
    optionalText(parameters, "ClusterId"),
  );
  const cluster = await needWorkingCluster(context.resources, group.parent ?? "");
  const members = await membersOf(context.resources, group);
  if (members.length > 0) {
    const message = `node group ${groupId} still has ${members.length} nodes; move or release them first`;
    throw new DomainError("ResourceBusy", message, { kind: "nodegroup", id: groupId });
  }
  return groupPlan("delete_node_group", cluster, groupId, parameters);
};

function groupPlan(type: string, cluster: Resource, groupId: string, input: JsonObject) {
  const clusterName = nameOf(cluster);
  const attributes = { nodeGroupId: groupId };
  return clusterPlan({
    type,
    clusterId: cluster.id,
    clusterName,
    nodeIds: [],
    input,
    attributes,
  });
}

export const groupOperations: Readonly<Record<string, StartOperation>> = {
  ChangeNodeGroup: changeNodeGroup,
  ChangeNodeTypes: changeNodeTypes,
  UpdateNodeGroup: updateNodeGroup,
  CreateNodeGroup: createNodeGroup,
  DeleteNodeGroup: deleteNodeGroup,
};
