import type { JsonObject } from "../../core/json.ts";
import type { ProductQuery } from "../../core/product.ts";
import type { Resource, ResourceReader } from "../../core/resource.ts";
import { tokenPage } from "../paging.ts";
import { optionalText, passesFilters, requiredText, sameNames, textList } from "../parameters.ts";
import { need, objectsOf, only, stringOf, without } from "../simulation.ts";
import {
  AT_REST,
  CLUSTER,
  NODE,
  NODE_GROUP,
  needCluster,
  needNodeGroup,
  nodesOf,
  nodesOfGroup,
} from "./resources.ts";

const NAMES = { size: "MaxResults", token: "NextToken" };
/** The default is from the SDK. The vendor does not publish the maximum. */
const LIMITS = { default: 20, min: 1, max: 100 };

function page(
  all: readonly Resource[],
  parameters: JsonObject,
  list: string,
  show: (resource: Resource) => JsonObject = ({ data }) => data,
): JsonObject {
  const { items, next } = tokenPage(all, ({ id }) => id, parameters, NAMES, LIMITS);
  return { [list]: items.map(show), ...(next !== undefined && { NextToken: next }) };
}

async function cluster(resources: ResourceReader, found: Resource): Promise<JsonObject> {
  const { kind: _ours, ...data } = found.data;
  const groups = await resources.list({ kind: NODE_GROUP, parent: found.id });
  const nodes = await nodesOf(resources, found.id);
  return { ...data, NodeCount: nodes.length, NodeGroupCount: groups.length };
}

/** Whether the resource has every requested tag, with the requested value if there is one. */
function hasTags(parameters: JsonObject, resource: Resource): boolean {
  const wanted = objectsOf(parameters["Tags"]);
  const tags = objectsOf(resource.data["Tags"]);
  return wanted.every(({ Key, Value }) =>
    tags.some((tag) => tag["Key"] === Key && (Value === undefined || tag["Value"] === Value)),
  );
}

const CLUSTER_FILTERS = sameNames(["ResourceGroupId"]);
const MEMBER_FILTERS = sameNames(["NodeGroupId", "ResourceGroupId"]);
const FREE_NODE_FILTERS = sameNames(["HpnZone", "MachineType", "ResourceGroupId"]);
const GROUP_FILTERS = sameNames(["NodeGroupId"]);

function isInState(parameters: JsonObject, node: Resource): boolean {
  const states = textList(parameters, "OperatingStates");
  return states.length === 0 || states.includes(stringOf(node.data["OperatingState"]));
}

/** Fields that the lists leave out and the single reads show. */
const NOT_IN_CLUSTER_LIST = ["Networks", "OpenEniJumboFrame", "SecurityGroupId", "VSwitchId"];
const NOT_IN_NODE_LIST = ["ClusterId", "ClusterName", "ResourceGroupId", "UserData", AT_REST];
const NOT_IN_GROUP_LIST = ["KeyPairName", "LoginType", "RamRoleName", "SystemDisk", "UserData"];
/** Fields that the lists show and the single reads leave out. */
const ONLY_IN_NODE_LIST = ["VSwitchId", "VpcId"];

const listClusters: ProductQuery = async (parameters, { resources }) => {
  const all = await resources.list({ kind: CLUSTER });
  const found = all.filter(
    (one) => passesFilters(CLUSTER_FILTERS, parameters, one.data) && hasTags(parameters, one),
  );
  const shown = new Map<string, JsonObject>();
  for (const one of found) {
    shown.set(one.id, without(NOT_IN_CLUSTER_LIST, await cluster(resources, one)));
  }
  return page(found, parameters, "Clusters", ({ id, data }) => shown.get(id) ?? data);
};

const listClusterNodes: ProductQuery = async (parameters, { resources }) => {
  const { id } = await needCluster(resources, requiredText(parameters, "ClusterId"));
  const found = (await nodesOf(resources, id)).filter(
    (node) =>
      passesFilters(MEMBER_FILTERS, parameters, node.data) &&
      hasTags(parameters, node) &&
      isInState(parameters, node),
  );
  return page(found, parameters, "Nodes", ({ data }) => without(NOT_IN_NODE_LIST, data));
};

/** The fields of a node that ListFreeNodes shows. */
const FREE_NODE_FIELDS = [
  "CommodityCode",
  "CreateTime",
  "ExpiredTime",
  "HpnZone",
  "HyperNodeId",
  "MachineType",
  "NodeId",
  "OperatingState",
  "ResourceGroupId",
  "Sn",
  "Tags",
  "ZoneId",
];

/** A node is free if it belongs to no cluster. A free node that is about to join one is in state `Extending`. */
const listFreeNodes: ProductQuery = async (parameters, { resources }) => {
  const found = (await nodesOf(resources, "")).filter(
    (node) =>
      passesFilters(FREE_NODE_FILTERS, parameters, node.data) &&
      hasTags(parameters, node) &&
      isInState(parameters, node),
  );
  return page(found, parameters, "Nodes", ({ data }) => only(FREE_NODE_FIELDS, data));
};

async function countIn(resources: ResourceReader, group: Resource): Promise<number> {
  return (await nodesOfGroup(resources, group.parent ?? "", group.id)).length;
}

async function clusterNameOf(resources: ResourceReader, group: Resource): Promise<string> {
  const found = await resources.get(CLUSTER, group.parent ?? "");
  return stringOf(found?.data["ClusterName"]);
}

const describeNodeGroup: ProductQuery = async (parameters, { resources }) => {
  const group = await needNodeGroup(resources, requiredText(parameters, "NodeGroupId"));
  const { ZoneId = "", ...data } = group.data;
  return {
    ...data,
    Az: ZoneId,
    ClusterName: await clusterNameOf(resources, group),
    NodeCount: String(await countIn(resources, group)),
  };
};

/** The list has other names for three fields than the single read. */
const listNodeGroups: ProductQuery = async (parameters, { resources }) => {
  const clusterId = optionalText(parameters, "ClusterId");
  const all = await resources.list({
    kind: NODE_GROUP,
    ...(clusterId !== undefined && { parent: clusterId }),
  });
  const found = all.filter(({ data }) => passesFilters(GROUP_FILTERS, parameters, data));
  const shown = new Map<string, JsonObject>();
  for (const group of found) {
    const { NodeGroupId = "", NodeGroupName = "", NodeGroupDescription = "", ...data } = group.data;
    shown.set(group.id, {
      ...without(NOT_IN_GROUP_LIST, data),
      GroupId: NodeGroupId,
      GroupName: NodeGroupName,
      Description: NodeGroupDescription,
      ClusterName: await clusterNameOf(resources, group),
      NodeCount: await countIn(resources, group),
    });
  }
  return page(found, parameters, "Groups", ({ id, data }) => shown.get(id) ?? data);
};

/** The operations that only read, by the names of the SDK. */
export const queries: Readonly<Record<string, ProductQuery>> = {
  DescribeCluster: async (parameters, { resources }) => {
    const found = await needCluster(resources, requiredText(parameters, "ClusterId"));
    return without(["Tags"], await cluster(resources, found));
  },
  ListClusters: listClusters,
  ListClusterNodes: listClusterNodes,
  DescribeNode: async (parameters, { resources }) =>
    without(
      [...ONLY_IN_NODE_LIST, AT_REST],
      (await need(resources, NODE, requiredText(parameters, "NodeId"), "node")).data,
    ),
  ListFreeNodes: listFreeNodes,
  DescribeNodeGroup: describeNodeGroup,
  ListNodeGroups: listNodeGroups,
};
