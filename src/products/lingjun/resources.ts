import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader, ResourceWriter } from "../../core/resource.ts";
import { need, notFound, stringOf, without } from "../simulation.ts";
import { utcSeconds } from "../times.ts";

export const CLUSTER = "lingjun.cluster";
/** Parent: its cluster. */
export const NODE_GROUP = "lingjun.nodegroup";
/** Has no parent, for it moves: `ClusterId` says where it is, "" that it is free. */
export const NODE = "lingjun.node";

/** States of a cluster that no task keeps busy. */
export const IDLE: readonly string[] = ["running", "failed"];

/** Which of the three families of task types a cluster's operations use. Ours; the API shows it nowhere. */
export type ClusterKind = "standard" | "bare" | "ack_edge";

export async function needCluster(resources: ResourceReader, id: string): Promise<Resource> {
  return need(resources, CLUSTER, id, "cluster");
}

/** The same, unless its creation failed: such a cluster can only be deleted. */
export async function needWorkingCluster(resources: ResourceReader, id: string): Promise<Resource> {
  const cluster = await needCluster(resources, id);
  const state = stateOf(cluster.data);
  if (state !== "failed") return cluster;
  const message = `cluster ${id} is in state ${state}; delete it and create another`;
  throw new DomainError("ResourceBusy", message, { kind: "cluster", id, state });
}

export function kindOf(cluster: Resource): ClusterKind {
  const kind = cluster.data["kind"];
  return kind === "bare" || kind === "ack_edge" ? kind : "standard";
}

export async function needNodeGroup(
  resources: ResourceReader,
  id: string,
  clusterId?: string,
): Promise<Resource> {
  const group = await need(resources, NODE_GROUP, id, "nodegroup");
  if (clusterId === undefined || group.parent === clusterId) return group;
  throw notFound("nodegroup", id, `cluster ${clusterId} has no such node group`);
}

/** A node that belongs to the cluster. */
export async function needMember(
  resources: ResourceReader,
  clusterId: string,
  nodeId: string,
): Promise<Resource> {
  const node = await need(resources, NODE, nodeId, "node");
  if (clusterOf(node) === clusterId) return node;
  throw notFound("node", nodeId, `cluster ${clusterId} has no such node; it is ${whereIs(node)}`);
}

/** Promises a free node to a cluster. @throws `InvalidParameter` if it is not free, even if that shows only on commit. */
export async function reserveNode(resources: ResourceWriter, nodeId: string): Promise<void> {
  refuseUnlessFree(await need(resources, NODE, nodeId, "node"));
  resources.update(NODE, nodeId, (data) => {
    refuseUnlessFree({ id: nodeId, data });
    return { ...data, OperatingState: "Extending" };
  });
}

function refuseUnlessFree(node: Pick<Resource, "id" | "data">): void {
  const state = stateOf(node.data);
  if (state === "Unused") return;
  const message = `node ${node.id} is ${state}, not free; give a node that ListFreeNodes shows`;
  throw new DomainError("InvalidParameter", message, {
    parameter: "NodeGroups",
    found: `${node.id} (${state})`,
    expected: "a node that ListFreeNodes shows",
  });
}

/** The id of the node's cluster; "" if it has none. */
export function clusterOf(node: Resource): string {
  return stringOf(node.data["ClusterId"]);
}

export async function nodesOf(
  resources: ResourceReader,
  clusterId: string,
): Promise<readonly Resource[]> {
  const nodes = await resources.list({ kind: NODE });
  return nodes.filter((node) => clusterOf(node) === clusterId);
}

function whereIs(node: Resource): string {
  const clusterId = clusterOf(node);
  return clusterId === "" ? `free (${stateOf(node.data)})` : `in cluster ${clusterId}`;
}

function stateOf(data: JsonObject): string {
  return stringOf(data["OperatingState"]);
}

export function setNode(
  resources: ResourceWriter,
  nodeId: string,
  fields: Readonly<Record<string, Json>>,
): void {
  resources.update(NODE, nodeId, (data) => ({ ...without([AT_REST], data), ...fields }));
}

/** Ours, never shown: the state to which a node that is worked on goes back if nothing comes of it. */
export const AT_REST = "stateAtRest";
const RESTING: readonly string[] = ["Using", "Stopped"];

/** From now on the node shows what is done to it. */
export function occupyNode(resources: ResourceWriter, nodeId: string, busy: string): void {
  resources.update(NODE, nodeId, (data) => {
    const state = stateOf(data);
    return { ...data, OperatingState: busy, ...(RESTING.includes(state) && { [AT_REST]: state }) };
  });
}

/** The node is as it was before, if it still is in the state `busy`. */
export function restNode(resources: ResourceWriter, nodeId: string, busy: string): void {
  resources.update(NODE, nodeId, (data) => {
    if (stateOf(data) !== busy) return data;
    return { ...without([AT_REST], data), OperatingState: stringOf(data[AT_REST]) || "Using" };
  });
}

export function joinCluster(
  resources: ResourceWriter,
  nodeId: string,
  cluster: { readonly id: string; readonly name: string },
  fields: JsonObject,
): void {
  const member = { ClusterId: cluster.id, ClusterName: cluster.name, OperatingState: "Using" };
  setNode(resources, nodeId, { ...fields, ...member });
}

/** What a node has of its group and cluster, and leaves behind with them. */
const OF_MEMBERS = ["UserData", "VSwitchId", "VpcId"];

export function leaveCluster(resources: ResourceWriter, nodeId: string): void {
  resources.update(NODE, nodeId, (data) => ({
    ...without([AT_REST, ...OF_MEMBERS], data),
    ClusterId: "",
    ClusterName: "",
    NodeGroupId: "",
    NodeGroupName: "",
    OperatingState: "Unused",
  }));
}

export function setCluster(
  resources: ResourceWriter,
  clusterId: string,
  at: number,
  fields: Readonly<Record<string, Json>>,
): void {
  resources.update(CLUSTER, clusterId, (data) => ({
    ...data,
    ...fields,
    UpdateTime: utcSeconds(at),
  }));
}
