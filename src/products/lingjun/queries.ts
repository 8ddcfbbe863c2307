import type { JsonObject } from "../../core/json.ts";
import type { ProductQuery } from "../../core/product.ts";
import type { Resource, ResourceReader } from "../../core/resource.ts";
import { tokenPage } from "../paging.ts";
import { requiredText, text, texts } from "../parameters.ts";
import { isObject, need, only, stringOf, without } from "../simulation.ts";
import {
  AT_REST,
  CLUSTER,
  NODE,
  NODE_GROUP,
  needCluster,
  needNodeGroup,
  nodesOf,
} from "./resources.ts";

const NAMES = { size: "MaxResults", token: "NextToken" };
/** Default as the SDK says it; the most is not published. */
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

/** Whether the parameter is absent or what the field holds; both are often called the same. */
function same(parameters: JsonObject, resource: Resource, name: string): boolean {
  const wanted = text(parameters, name);
  return wanted === undefined || resource.data[name] === wanted;
}

/** Every tag asked for must be there, with that value if one is given. */
function tagged(parameters: JsonObject, resource: Resource): boolean {
  const wanted = Array.isArray(parameters["Tags"]) ? parameters["Tags"].filter(isObject) : [];
  const tags = Array.isArray(resource.data["Tags"]) ? resource.data["Tags"].filter(isObject) : [];
  return wanted.every(({ Key, Value }) =>
    tags.some((tag) => tag["Key"] === Key && (Value === undefined || tag["Value"] === Value)),
  );
}

function inState(parameters: JsonObject, node: Resource): boolean {
  const states = texts(parameters, "OperatingStates");
  return states.length === 0 || states.includes(stringOf(node.data["OperatingState"]));
}

/** What the lists do not show, though the single reads do. */
const NOT_IN_CLUSTER_LIST = ["Networks", "OpenEniJumboFrame", "SecurityGroupId", "VSwitchId"];
const NOT_IN_NODE_LIST = ["ClusterId", "ClusterName", "ResourceGroupId", "UserData", AT_REST];
const NOT_IN_GROUP_LIST = ["KeyPairName", "LoginType", "RamRoleName", "SystemDisk", "UserData"];
/** And the other way round. */
const ONLY_IN_NODE_LIST = ["VSwitchId", "VpcId"];

const listClusters: ProductQuery = async (parameters, { resources }) => {
  const all = await resources.list({ kind: CLUSTER });
  const found = all.filter(
    (one) => same(parameters, one, "ResourceGroupId") && tagged(parameters, one),
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
      same(parameters, node, "NodeGroupId") &&
      same(parameters, node, "ResourceGroupId") &&
      tagged(parameters, node) &&
      inState(parameters, node),
  );
  return page(found, parameters, "Nodes", ({ data }) => without(NOT_IN_NODE_LIST, data));
};

/** What ListFreeNodes shows of a node: that it is free says the rest. */
const FREE_NODE = [
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

/** Free: in no cluster. One that is on its way into a cluster shows as `Extending`. */
const listFreeNodes: ProductQuery = async (parameters, { resources }) => {
  const found = (await nodesOf(resources, "")).filter(
    (node) =>
      same(parameters, node, "HpnZone") &&
      same(parameters, node, "MachineType") &&
      same(parameters, node, "ResourceGroupId") &&
      tagged(parameters, node) &&
      inState(parameters, node),
  );
  return page(found, parameters, "Nodes", ({ data }) => only(FREE_NODE, data));
};

async function countIn(resources: ResourceReader, group: Resource): Promise<number> {
  const nodes = await nodesOf(resources, group.parent ?? "");
  return nodes.filter((node) => node.data["NodeGroupId"] === group.id).length;
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

/** The list calls three fields otherwise than the single read. */
const listNodeGroups: ProductQuery = async (parameters, { resources }) => {
  const clusterId = text(parameters, "ClusterId");
  const all = await resources.list({
    kind: NODE_GROUP,
    ...(clusterId !== undefined && { parent: clusterId }),
  });
  const found = all.filter((group) => same(parameters, group, "NodeGroupId"));
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

/** Calls that only read, in the words of the SDK. */
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
