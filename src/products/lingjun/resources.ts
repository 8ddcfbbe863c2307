import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader, ResourceWriter } from "../../core/resource.ts";
import { need, resourceNotFound, stringOf, without } from "../simulation.ts";
import { utcTime } from "../times.ts";

export const CLUSTER = "lingjun.cluster";
/** Parent: its cluster. */
export const NODE_GROUP = "lingjun.nodegroup";
/** A node has no parent, because nodes move. The field `ClusterId` names its cluster, and is "" for a free node. */
export const NODE = "lingjun.node";

/** States of a cluster that no task keeps busy. */
export const IDLE: readonly string[] = ["running", "failed"];

/** The kind of a cluster decides the types of its tasks. No answer of the API shows it. */
export type ClusterKind = "standard" | "bare" | "ack_edge";

export async function needCluster(resources: ResourceReader, id: string): Promise<Resource> {
  return need(resources, CLUSTER, id, "cluster");
}

/** @throws DomainError `ResourceNotFound`, `ResourceBusy` if its creation failed, because such a cluster can only be deleted. */
export async function needWorkingCluster(resources: ResourceReader, id: string): Promise<Resource> {
  const cluster = await needCluster(resources, id);
  const state = stateOf(cluster.data);
  if (state !== "failed") return cluster;
  const message = `cluster ${id} is in state ${state}; delete it and create another`;
  throw new DomainError("ResourceBusy", message, { kind: "cluster", id, state });
}

export function clusterKindOf(cluster: Resource): ClusterKind {
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
  throw resourceNotFound(
    "nodegroup",
    id,
    `cluster ${clusterId} has no such node group; take an id from ListNodeGroups`,
  );
}

/** @throws DomainError `ResourceNotFound` if the node does not belong to the cluster. */
export async function needMember(
  resources: ResourceReader,
  clusterId: string,
  nodeId: string,
): Promise<Resource> {
  const node = await need(resources, NODE, nodeId, "node");
  if (clusterOf(node) === clusterId) return node;
  throw resourceNotFound(
    "node",
    nodeId,
    `cluster ${clusterId} has no such node, it is ${whereIs(node)}; take an id from ListClusterNodes`,
  );
}

/** Reserves a free node for a cluster. @throws DomainError `InvalidParameter` if it is not free, now or at the commit. */
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
  const message = `NodeGroups: node ${node.id} is ${state}, not free; give a node that ListFreeNodes shows`;
  throw new DomainError("InvalidParameter", message, {
    parameter: "NodeGroups",
    found: `${node.id} (${state})`,
    expected: "a node that ListFreeNodes shows",
  });
}

/** The id of the cluster of the node, or "" if the node is free. */
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

export async function nodesOfGroup(
  resources: ResourceReader,
  clusterId: string,
  groupId: string,
): Promise<readonly Resource[]> {
  const nodes = await nodesOf(resources, clusterId);
  return nodes.filter((node) => node.data["NodeGroupId"] === groupId);
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

/** The field for the state that a busy node gets back if its task does not change it. No answer of the API shows it. */
export const AT_REST = "stateAtRest";
const RESTING: readonly string[] = ["Using", "Stopped"];

/** Shows in the state of the node what is being done to it. */
export function occupyNode(resources: ResourceWriter, nodeId: string, busy: string): void {
  resources.update(NODE, nodeId, (data) => {
    const state = stateOf(data);
    return { ...data, OperatingState: busy, ...(RESTING.includes(state) && { [AT_REST]: state }) };
  });
}

/** The node gets the state it had before, if it is still in the state `busy`. */
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

/** Fields that a node has only while it belongs to a cluster. */
const MEMBER_FIELDS = ["UserData", "VSwitchId", "VpcId"];

export function leaveCluster(resources: ResourceWriter, nodeId: string): void {
  resources.update(NODE, nodeId, (data) => ({
    ...without([AT_REST, ...MEMBER_FIELDS], data),
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
    UpdateTime: utcTime(at),
  }));
}
