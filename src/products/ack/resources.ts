import type { Json, JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader, ResourceWriter } from "../../core/resource.ts";
import { isObject, need, numberOf, resourceNotFound, stringOf, stringsOf } from "../simulation.ts";
import { beijingTime } from "../times.ts";

export const CLUSTER = "ack.cluster";
/** Parent: its cluster. */
export const NODE_POOL = "ack.nodepool";
/** Parent: its cluster. The field `nodepool_id` names its pool. Id: the id of the instance. */
export const NODE = "ack.node";

/** The default quota of a pool, in nodes. It is invented, so that a scale-out can fail in part. */
export const POOL_QUOTA = 50;

/** How many nodes the pool may have. */
export function quotaOf(pool: Resource): number {
  return numberOf(pool.data["max_nodes"], POOL_QUOTA);
}

export async function needCluster(resources: ResourceReader, id: string): Promise<Resource> {
  return need(resources, CLUSTER, id, "cluster");
}

export async function needNodePool(
  resources: ResourceReader,
  clusterId: string,
  id: string,
): Promise<Resource> {
  const pool = await need(resources, NODE_POOL, id, "nodepool");
  if (pool.parent === clusterId) return pool;
  throw resourceNotFound(
    "nodepool",
    id,
    `cluster ${clusterId} has no such node pool; take an id from DescribeClusterNodePools`,
  );
}

export async function nodesOf(
  resources: ResourceReader,
  clusterId: string,
  nodePoolId?: string,
): Promise<readonly Resource[]> {
  const nodes = await resources.list({ kind: NODE, parent: clusterId });
  return nodePoolId === undefined
    ? nodes
    : nodes.filter((node) => node.data["nodepool_id"] === nodePoolId);
}

/** The nodes with these instance ids or node names, in that order. @throws DomainError `ResourceNotFound`. */
export function pickNodes(
  nodes: readonly Resource[],
  names: readonly string[],
  where: string,
): readonly Resource[] {
  const known = new Map<string, Resource>();
  for (const node of nodes) {
    known.set(node.id, node);
    known.set(stringOf(node.data["node_name"]), node);
  }
  return [...new Set(names)].map((name) => {
    const node = known.get(name);
    if (node === undefined)
      throw resourceNotFound(
        "node",
        name,
        `${where} has no such node; take a name from DescribeClusterNodes`,
      );
    return node;
  });
}

/** After nodes were added or removed, sets the `desired_size` of the pool to its number of nodes, if it has one. */
export function followSize(
  resources: ResourceWriter,
  nodePoolId: string,
  nodes: readonly Resource[],
  { come = [], go = [] }: { readonly come?: readonly string[]; readonly go?: readonly string[] },
): void {
  const members = nodes.filter((node) => node.data["nodepool_id"] === nodePoolId);
  const ids = new Set([...members.map((node) => node.id), ...come]);
  for (const id of go) ids.delete(id);
  resources.update(NODE_POOL, nodePoolId, (data) => {
    const group = data["scaling_group"];
    if (!isObject(group) || group["desired_size"] === undefined) return data;
    return { ...data, scaling_group: { ...group, desired_size: ids.size } };
  });
}

/** Removes all resources of these kinds that have this parent. */
export async function removeInside(
  resources: ResourceWriter,
  parent: string,
  kinds: readonly string[],
): Promise<void> {
  for (const kind of kinds) {
    for (const { id } of await resources.list({ kind, parent })) resources.remove(kind, id);
  }
}

export interface NodeFacts {
  readonly instanceId: string;
  readonly nodePoolId: string;
  readonly regionId: string;
  readonly instanceType: string;
  readonly address: string;
  readonly createdAt: number;
  readonly source: "ess" | "ess_attach";
  readonly imageId?: string | undefined;
  readonly chargeType?: string | undefined;
  readonly spotStrategy?: string | undefined;
  /** `initial` until the node has joined its cluster. */
  readonly state: "initial" | "running" | "failed";
}

export function nodeData(facts: NodeFacts): JsonObject {
  const ready = facts.state === "running";
  return {
    instance_id: facts.instanceId,
    instance_name: `worker-${facts.instanceId.slice(2, 10)}`,
    host_name: `worker-${facts.instanceId.slice(2, 10)}`,
    node_name: `${facts.regionId}.${facts.address}`,
    ip_address: [facts.address],
    nodepool_id: facts.nodePoolId,
    instance_type: facts.instanceType,
    instance_type_family: facts.instanceType.split(".").slice(0, 2).join("."),
    instance_role: "Worker",
    instance_charge_type: facts.chargeType ?? "PostPaid",
    spot_strategy: facts.spotStrategy ?? "NoSpot",
    instance_status: "Running",
    image_id: facts.imageId ?? "aliyun_3_x64_20G_container_optimized_20241226.vhd",
    is_aliyun_node: true,
    source: facts.source,
    state: facts.state,
    node_status: ready ? "Ready" : "Unknown",
    creation_time: beijingTime(facts.createdAt),
    expired_time: "2099-12-31T23:59:59+08:00",
    error_message: "",
  };
}

/** The lowest free addresses of the simulated network, from 192.168.0.101 on. */
export function freeAddresses(nodes: readonly Resource[], count: number): readonly string[] {
  const taken = new Set(nodes.flatMap((node) => stringsOf(node.data["ip_address"])));
  const free: string[] = [];
  for (let host = 101; free.length < count; host++) {
    const address = `192.168.${host >> 8}.${host & 255}`;
    if (!taken.has(address)) free.push(address);
  }
  return free;
}

/** States of a cluster that no task keeps busy. */
export const IDLE: readonly string[] = ["running", "failed", "delete_failed"];

/** Changes fields of a cluster, pool or node. */
export function change(
  resources: ResourceWriter,
  kind: string,
  id: string,
  fields: Readonly<Record<string, Json>>,
): void {
  resources.update(kind, id, (data) => ({ ...data, ...fields }));
}

/** Changes the fields only if the resource is in this state. */
export function changeIf(
  resources: ResourceWriter,
  kind: string,
  id: string,
  state: string,
  fields: Readonly<Record<string, Json>>,
): void {
  resources.update(kind, id, (data) => (data["state"] === state ? { ...data, ...fields } : data));
}
