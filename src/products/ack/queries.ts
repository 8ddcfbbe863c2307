import type { Json, JsonObject } from "../../core/json.ts";
import type { ProductQuery } from "../../core/product.ts";
import type { Resource, ResourceReader } from "../../core/resource.ts";
import { numberedPage, tokenPage } from "../paging.ts";
import {
  optionalChoice,
  optionalFlag,
  optionalText,
  passesFilters,
  requiredText,
  sameNames,
} from "../parameters.ts";
import { isObject, need, only, resourceNotFound, stringOf, without } from "../simulation.ts";
import { ADDON, addonId } from "./addons/addons.ts";
import { COMPONENT } from "./addons/components.ts";
import { checkResults } from "./inspections/check-items.ts";
import { INSPECT_REPORT } from "./inspections/inspections.ts";
import { CLUSTER, NODE_POOL, needCluster, needNodePool, nodesOf } from "./resources.ts";

const BY_NUMBER = { number: "page_number", size: "page_size" };
const NODES_BY_NUMBER = { number: "pageNumber", size: "pageSize" };

/** Stored fields of a cluster and of a node that no query shows. */
const HIDDEN_OF_CLUSTER = ["audit_log_config", "autoscaling_config", "control_plane_log_config"];
const HIDDEN_OF_NODE = [
  "kubelet_version",
  "node_config",
  "runtime",
  "runtime_version",
  "vuls_fixed",
];

async function cluster(resources: ResourceReader, found: Resource): Promise<JsonObject> {
  const nodes = await nodesOf(resources, found.id);
  return { ...without(HIDDEN_OF_CLUSTER, found.data), size: nodes.length };
}

const CLUSTER_FILTERS = sameNames([
  "cluster_id",
  "cluster_spec",
  "cluster_type",
  "name",
  "profile",
  "region_id",
]);

/** Fields of a cluster that the lists leave out. */
const NOT_IN_LISTS = [
  "auto_mode",
  "control_plane_config",
  "control_plane_endpoints_config",
  "extra_sans",
  "node_cidr_mask",
  "rrsa_config",
];
const NOT_IN_POOL_LIST = ["host_network", "intranet"];

/** Fields of a cluster that DescribeClustersForRegion leaves out. */
const NOT_BY_REGION = [
  ...NOT_IN_LISTS,
  "maintenance_window",
  "operation_policy",
  "zone_id",
  "external_loadbalancer_id",
  "network_mode",
  "private_zone",
  "subnet_cidr",
  "vswitch_id",
  "worker_ram_role_name",
];

async function clusterPage(
  parameters: JsonObject,
  resources: ResourceReader,
  hidden: readonly string[],
): Promise<JsonObject> {
  const all = await resources.list({ kind: CLUSTER });
  const found = all.filter(({ data }) => passesFilters(CLUSTER_FILTERS, parameters, data));
  const page = numberedPage(found, parameters, BY_NUMBER);
  const clusters: JsonObject[] = [];
  for (const item of page.items) clusters.push(without(hidden, await cluster(resources, item)));
  return { clusters, page_info: page.info };
}

/** Which counter in the status of a pool counts nodes of a state. */
const COUNTERS: Readonly<Record<string, string>> = {
  initial: "initial_nodes",
  failed: "failed_nodes",
  removing: "removing_nodes",
};

function nodePool(pool: Resource, nodes: readonly Resource[]): JsonObject {
  const { state, kubernetes_config: config, ...data } = pool.data;
  const members = nodes.filter((node) => node.data["nodepool_id"] === pool.id);
  const count: Record<string, number> = { initial_nodes: 0, failed_nodes: 0, removing_nodes: 0 };
  let healthy = 0;
  for (const member of members) {
    const counter = COUNTERS[stringOf(member.data["state"])];
    if (counter !== undefined) count[counter] = (count[counter] ?? 0) + 1;
    if (member.data["node_status"] === "Ready") healthy++;
  }
  return {
    ...data,
    ...(isObject(config) && { kubernetes_config: without(["kubernetes_version"], config) }),
    status: {
      state: state ?? "active",
      total_nodes: members.length,
      healthy_nodes: healthy,
      serving_nodes: healthy,
      offline_nodes: 0,
      ...count,
    },
  };
}

const listNodePools: ProductQuery = async (parameters, { resources }) => {
  const clusterId = requiredText(parameters, "ClusterId");
  await needCluster(resources, clusterId);
  const name = optionalText(parameters, "NodepoolName");
  const nodes = await nodesOf(resources, clusterId);
  const pools = await resources.list({ kind: NODE_POOL, parent: clusterId });
  const nodepools = pools
    .map((pool) => without(NOT_IN_POOL_LIST, nodePool(pool, nodes)))
    .filter((pool) => name === undefined || nameOf(pool["nodepool_info"]) === name);
  return { nodepools };
};

function nameOf(info: Json | undefined): string {
  return typeof info === "object" && info !== null && "name" in info ? stringOf(info.name) : "";
}

/** Filters of DescribeClusterNodes whose value is a comma-separated list, and the field that each is compared with. */
const LIST_FILTERS: Readonly<Record<string, string>> = {
  instanceIds: "instance_id",
  nodeNames: "node_name",
  nodeIps: "ip_address",
};

function passesNodeFilters(parameters: JsonObject, node: Resource): boolean {
  const state = optionalText(parameters, "state") ?? "all";
  if (state !== "all" && node.data["state"] !== state) return false;
  return Object.entries(LIST_FILTERS).every(([parameter, field]) => {
    const wanted = optionalText(parameters, parameter)?.split(",");
    const value = node.data[field];
    const own = Array.isArray(value) ? value : [value];
    return wanted === undefined || own.some((one) => wanted.includes(stringOf(one)));
  });
}

const listNodes: ProductQuery = async (parameters, { resources }) => {
  const clusterId = requiredText(parameters, "ClusterId");
  await needCluster(resources, clusterId);
  const nodes = await nodesOf(resources, clusterId, optionalText(parameters, "nodepool_id"));
  const found = nodes.filter((node) => passesNodeFilters(parameters, node));
  const page = numberedPage(found, parameters, NODES_BY_NUMBER);
  return { nodes: page.items.map(({ data }) => without(HIDDEN_OF_NODE, data)), page: page.info };
};

const addonInstance: ProductQuery = async (parameters, { resources }) => {
  const clusterId = requiredText(parameters, "cluster_id");
  const name = requiredText(parameters, "instance_name");
  await needCluster(resources, clusterId);
  const addon = await resources.get(ADDON, addonId(clusterId, name));
  if (addon === undefined)
    throw resourceNotFound(
      "addon",
      name,
      `it is not installed in cluster ${clusterId}; install it first`,
    );
  return addon.data;
};

const TOKEN_LIMITS = { default: 20, min: 1, max: 100 };

const listReports: ProductQuery = async (parameters, { resources }) => {
  const clusterId = requiredText(parameters, "clusterId");
  await needCluster(resources, clusterId);
  const all = await resources.list({ kind: INSPECT_REPORT, parent: clusterId });
  const names = { size: "maxResults", token: "nextToken" };
  const { items, next } = tokenPage(all, ({ id }) => id, parameters, names, TOKEN_LIMITS);
  return {
    reports: items.map(({ data }) => without(["found"], data)),
    ...(next !== undefined && { nextToken: next }),
  };
};

const LANGUAGES = ["zh_CN", "en_US"] as const;
const ITEM_FILTERS = sameNames(["category", "level", "targetType"]);
const ITEM_LIMITS = { default: 20, min: 1, max: 50 };

const reportDetail: ProductQuery = async (parameters, { resources }) => {
  const { id } = await needCluster(resources, requiredText(parameters, "clusterId"));
  const reportId = requiredText(parameters, "reportId");
  const report = await need(resources, INSPECT_REPORT, reportId, "report");
  if (report.parent !== id)
    throw resourceNotFound(
      "report",
      reportId,
      `cluster ${id} has no such report; take an id from ListClusterInspectReports`,
    );
  const { found, ...shown } = report.data;
  const language = optionalChoice(parameters, "language", LANGUAGES) ?? "en_US";
  const items = checkResults(found, language)
    .filter((item) => passesFilters(ITEM_FILTERS, parameters, item))
    .filter(({ result }) => optionalFlag(parameters, "enableFilter") !== true || result === "true")
    .toSorted((one, other) => (uidOf(one) < uidOf(other) ? -1 : 1));
  const names = { size: "maxResults", token: "nextToken" };
  const page = tokenPage(items, uidOf, parameters, names, ITEM_LIMITS);
  return {
    ...shown,
    checkItemResults: page.items,
    ...(page.next !== undefined && { nextToken: page.next }),
  };
};

function uidOf(item: JsonObject): string {
  return stringOf(item["checkItemUid"]);
}

const listComponents: ProductQuery = async (parameters, { resources }) => {
  const clusterId = requiredText(parameters, "clusterId");
  const pool = await needNodePool(resources, clusterId, requiredText(parameters, "nodepoolId"));
  const all = await resources.list({ kind: COMPONENT, parent: pool.id });
  const names = { size: "max_results", token: "next_token" };
  const page = tokenPage(all, ({ id }) => id, parameters, names, TOKEN_LIMITS);
  return {
    component_instances: page.items.map(({ data }) => data),
    max_results: page.size,
    ...(page.next !== undefined && { next_token: page.next }),
  };
};

/** The operations that only read, by the names of the SDK. */
export const queries: Readonly<Record<string, ProductQuery>> = {
  DescribeClusterDetail: async (parameters, { resources }) =>
    cluster(resources, await needCluster(resources, requiredText(parameters, "ClusterId"))),
  DescribeClustersV1: (parameters, { resources }) =>
    clusterPage(parameters, resources, NOT_IN_LISTS),
  DescribeClustersForRegion: (parameters, { resources }) =>
    clusterPage(parameters, resources, NOT_BY_REGION),
  DescribeClusterNodePools: listNodePools,
  DescribeClusterNodePoolDetail: async (parameters, { resources }) => {
    const clusterId = requiredText(parameters, "ClusterId");
    const pool = await needNodePool(resources, clusterId, requiredText(parameters, "NodepoolId"));
    return nodePool(pool, await nodesOf(resources, clusterId));
  },
  DescribeClusterNodes: listNodes,
  ListClusterAddonInstances: async (parameters, { resources }) => {
    const clusterId = requiredText(parameters, "cluster_id");
    await needCluster(resources, clusterId);
    const addons = await resources.list({ kind: ADDON, parent: clusterId });
    return { addons: addons.map(({ data }) => only(["name", "state", "version"], data)) };
  },
  GetClusterAddonInstance: addonInstance,
  ListClusterInspectReports: listReports,
  GetClusterInspectReportDetail: reportDetail,
  ListNodePoolComponentInstances: listComponents,
};
