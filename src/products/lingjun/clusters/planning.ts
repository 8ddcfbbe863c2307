import type { JsonObject } from "../../../core/json.ts";
import type { OperationContext } from "../../../core/product.ts";
import {
  invalidParameter,
  objectList,
  optionalFlag,
  optionalInteger,
  optionalObject,
  optionalText,
  requiredText,
  textList,
} from "../../parameters.ts";
import { defined, isObject, stringOf } from "../../simulation.ts";
import { tagList } from "../../tags.ts";
import { utcTime } from "../../times.ts";
import { newNodeGroupId, newNodeId } from "../ids.ts";
import { type ClusterKind, NODE, reserveNode } from "../resources.ts";

/** A node group, and the part of the request about its new nodes. */
export interface GroupPlan {
  readonly group: JsonObject;
  readonly request: JsonObject;
}

/**
 * The kind of a new cluster (INFERRED): `ack_edge` with the component ACKEdge, `bare` with the ClusterType `Bare`, else
 * `standard`.
 */
export function requestedKind(parameters: JsonObject): ClusterKind {
  const components = objectList(parameters, "Components");
  if (components.some((component) => component["ComponentType"] === "ACKEdge")) return "ack_edge";
  return optionalText(parameters, "ClusterType")?.toLowerCase() === "bare" ? "bare" : "standard";
}

export function newGroup(request: JsonObject, name: string, context: OperationContext): JsonObject {
  return {
    NodeGroupId: newNodeGroupId(context.random),
    NodeGroupName: optionalText(request, "NodeGroupName") ?? name,
    NodeGroupDescription: optionalText(request, "NodeGroupDescription") ?? "",
    MachineType: optionalText(request, "MachineType") ?? "efg1.nvga1",
    ImageId: optionalText(request, "ImageId") ?? "i190297201634099844192",
    ImageName: optionalText(request, "ImageName") ?? "Alinux3_all_demo",
    ZoneId: optionalText(request, "ZoneId") ?? optionalText(request, "Az") ?? "cn-beijing-i",
    ...defined({
      UserData: optionalText(request, "UserData"),
      KeyPairName: optionalText(request, "KeyPairName"),
      RamRoleName: optionalText(request, "RamRoleName"),
      FileSystemMountEnabled: optionalFlag(request, "FileSystemMountEnabled"),
      VirtualGpuEnabled: optionalFlag(request, "VirtualGpuEnabled"),
      SystemDisk: optionalObject(request, "SystemDisk"),
      LoginType: loginType(request, {}),
    }),
  };
}

/** The ways to log on to the nodes of a group after this request. Undefined if neither the group nor the request has one. */
export function loginType(request: JsonObject, group: JsonObject): string | undefined {
  const before = stringOf(group["LoginType"]);
  const password =
    optionalText(request, "LoginPassword") !== undefined || /^(password|both)$/.test(before);
  const keyPair =
    optionalText(request, "KeyPairName") !== undefined || /^(keypair|both)$/.test(before);
  if (password && keyPair) return "both";
  return password ? "password" : keyPair ? "keypair" : undefined;
}

/** The largest number of nodes that one request can buy (INFERRED). */
const MAX_BOUGHT = 100;

/**
 * Reserves nodes for their groups: the requested free nodes, and newly bought ones.
 * @returns the fields that each node gets when it joins.
 */
export async function reserveNodes(
  plans: readonly GroupPlan[],
  context: OperationContext,
): Promise<readonly JsonObject[]> {
  const reserved = new Map<string, JsonObject>();
  for (const { group, request } of plans) {
    for (const node of objectList(request, "Nodes")) {
      const nodeId = requiredText(node, "NodeId");
      if (reserved.has(nodeId)) throw invalidParameter("NodeGroups", nodeId, "each node only once");
      await reserveNode(context.resources, nodeId);
      reserved.set(nodeId, member(nodeId, group, request, node));
    }
    const names = textList(request, "Hostnames");
    const amount = optionalInteger(request, "Amount", { min: 0, max: MAX_BOUGHT }) ?? 0;
    for (let index = 0; index < amount; index++) {
      const nodeId = newNodeId(context.random);
      context.resources.put(NODE, nodeId, boughtNode(nodeId, group, context.now));
      const Hostname = names[index] ?? nodeId;
      reserved.set(nodeId, member(nodeId, group, request, { ...request, Hostname }));
    }
  }
  return [...reserved.values()];
}

/** The fields of a node that belongs to the group. */
function member(nodeId: string, group: JsonObject, request: JsonObject, node: JsonObject) {
  return {
    NodeId: nodeId,
    NodeGroupId: group["NodeGroupId"] ?? "",
    NodeGroupName: group["NodeGroupName"] ?? "",
    ImageId: group["ImageId"] ?? "",
    ImageName: group["ImageName"] ?? "",
    ...defined({
      Hostname: optionalText(node, "Hostname"),
      VpcId: optionalText(node, "VpcId"),
      VSwitchId: optionalText(node, "VSwitchId"),
      UserData: optionalText(request, "UserData") ?? optionalText(group, "UserData"),
      FileSystemMountEnabled: optionalFlag(group, "FileSystemMountEnabled"),
    }),
  };
}

/** A new node that is about to join a cluster. If it does not join, it stays as a free node (INFERRED). */
function boughtNode(nodeId: string, group: JsonObject, now: number): JsonObject {
  return {
    NodeId: nodeId,
    Hostname: nodeId,
    Sn: `sag${nodeId.slice(-8)}`,
    MachineType: stringOf(group["MachineType"]),
    NodeType: "standard",
    HpnZone: "A1",
    ZoneId: stringOf(group["ZoneId"]),
    ImageId: stringOf(group["ImageId"]),
    ImageName: stringOf(group["ImageName"]),
    ResourceGroupId: "rg-acfm00000000001",
    HyperNodeId: "",
    FileSystemMountEnabled: false,
    Networks: [],
    ClusterId: "",
    ClusterName: "",
    NodeGroupId: "",
    NodeGroupName: "",
    OperatingState: "Extending",
    CreateTime: utcTime(now),
    ExpiredTime: "2099-12-31T16:00:00Z",
  };
}

export interface ClusterFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: ClusterKind;
  readonly state: string;
  readonly createdAt: number;
}

export function clusterData(facts: ClusterFacts, request: JsonObject): JsonObject {
  const networks = optionalObject(request, "Networks") ?? {};
  const vpd = isObject(networks["VpdInfo"]) ? stringOf(networks["VpdInfo"]["VpdId"]) : "";
  const tags = tagList(request, "Tag", { most: 21, key: "Key", value: "Value" }).map((tag) => ({
    Key: optionalText(tag, "Key") ?? "",
    Value: optionalText(tag, "Value") ?? "",
  }));
  return {
    ClusterId: facts.id,
    ClusterName: facts.name,
    ClusterDescription: optionalText(request, "ClusterDescription") ?? "",
    ClusterType: optionalText(request, "ClusterType") ?? "Lite",
    HpnZone: optionalText(request, "HpnZone") ?? "A1",
    OperatingState: facts.state,
    ComputingIpVersion: optionalText(networks, "TailIpVersion") ?? "IPv4",
    OpenEniJumboFrame: request["OpenEniJumboFrame"] === true ? "supported" : "unsupported",
    ResourceGroupId: optionalText(request, "ResourceGroupId") ?? "rg-acfm00000000001",
    VpcId: optionalText(networks, "VpcId") ?? "",
    VSwitchId: optionalText(networks, "VSwitchId") ?? "",
    SecurityGroupId: optionalText(networks, "SecurityGroupId") ?? "",
    Networks: { VpdId: vpd === "" ? `vpd-${facts.id.slice(-8)}` : vpd },
    Components: [],
    Tags: tags,
    TaskId: "",
    CreateTime: utcTime(facts.createdAt),
    UpdateTime: utcTime(facts.createdAt),
    kind: facts.kind,
  };
}
