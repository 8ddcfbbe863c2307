import type { JsonObject } from "../../core/json.ts";
import type { OperationContext } from "../../core/product.ts";
import { flag, invalid, object, objects, requiredText, text, texts, whole } from "../parameters.ts";
import { defined, isObject, stringOf } from "../simulation.ts";
import { utcSeconds } from "../times.ts";
import { newNodeGroupId, newNodeId } from "./ids.ts";
import { type ClusterKind, NODE, reserveNode } from "./resources.ts";

/** A node group, and what the caller said of nodes for it. */
export interface GroupPlan {
  readonly group: JsonObject;
  readonly asked: JsonObject;
}

/**
 * The family of a new cluster (INFERRED): with the component ACKEdge it is an ACK Edge cluster, with ClusterType
 * `Bare` a bare one, else a standard one.
 */
export function kindAsked(parameters: JsonObject): ClusterKind {
  const components = objects(parameters, "Components");
  if (components.some((component) => component["ComponentType"] === "ACKEdge")) return "ack_edge";
  return text(parameters, "ClusterType")?.toLowerCase() === "bare" ? "bare" : "standard";
}

export function newGroup(asked: JsonObject, name: string, context: OperationContext): JsonObject {
  return {
    NodeGroupId: newNodeGroupId(context.random),
    NodeGroupName: text(asked, "NodeGroupName") ?? name,
    NodeGroupDescription: text(asked, "NodeGroupDescription") ?? "",
    MachineType: text(asked, "MachineType") ?? "efg1.nvga1",
    ImageId: text(asked, "ImageId") ?? "i190297201634099844192",
    ImageName: text(asked, "ImageName") ?? "Alinux3_all_demo",
    ZoneId: text(asked, "ZoneId") ?? text(asked, "Az") ?? "cn-beijing-i",
    ...defined({
      UserData: text(asked, "UserData"),
      KeyPairName: text(asked, "KeyPairName"),
      RamRoleName: text(asked, "RamRoleName"),
      FileSystemMountEnabled: flag(asked, "FileSystemMountEnabled"),
      VirtualGpuEnabled: flag(asked, "VirtualGpuEnabled"),
      SystemDisk: object(asked, "SystemDisk"),
      LoginType: loginType(asked, {}),
    }),
  };
}

/** How one may log on to the nodes of a group, after a request that may say more of it. */
export function loginType(asked: JsonObject, group: JsonObject): string | undefined {
  const before = stringOf(group["LoginType"]);
  const password = text(asked, "LoginPassword") !== undefined || /^(password|both)$/.test(before);
  const keyPair = text(asked, "KeyPairName") !== undefined || /^(keypair|both)$/.test(before);
  if (password && keyPair) return "both";
  return password ? "password" : keyPair ? "keypair" : undefined;
}

/** The most nodes that one call may buy (INFERRED). */
const MOST_BOUGHT = 100;

/** Promises nodes to their groups: the free ones that were asked for, and those bought. @returns what each will become. */
export async function reserve(
  plans: readonly GroupPlan[],
  context: OperationContext,
): Promise<readonly JsonObject[]> {
  const reserved = new Map<string, JsonObject>();
  for (const { group, asked } of plans) {
    for (const node of objects(asked, "Nodes")) {
      const nodeId = requiredText(node, "NodeId");
      if (reserved.has(nodeId)) throw invalid("NodeGroups", nodeId, "each node once");
      await reserveNode(context.resources, nodeId);
      reserved.set(nodeId, member(nodeId, group, asked, node));
    }
    const names = texts(asked, "Hostnames");
    const amount = whole(asked, "Amount", { min: 0, max: MOST_BOUGHT }) ?? 0;
    for (let index = 0; index < amount; index++) {
      const nodeId = newNodeId(context.random);
      context.resources.put(NODE, nodeId, boughtNode(nodeId, group, context.now));
      const Hostname = names[index] ?? nodeId;
      reserved.set(nodeId, member(nodeId, group, asked, { ...asked, Hostname }));
    }
  }
  return [...reserved.values()];
}

/** What a node will be as a member of a group. */
function member(nodeId: string, group: JsonObject, asked: JsonObject, node: JsonObject) {
  return {
    NodeId: nodeId,
    NodeGroupId: group["NodeGroupId"] ?? "",
    NodeGroupName: group["NodeGroupName"] ?? "",
    ImageId: group["ImageId"] ?? "",
    ImageName: group["ImageName"] ?? "",
    ...defined({
      Hostname: text(node, "Hostname"),
      VpcId: text(node, "VpcId"),
      VSwitchId: text(node, "VSwitchId"),
      UserData: text(asked, "UserData") ?? text(group, "UserData"),
      FileSystemMountEnabled: flag(group, "FileSystemMountEnabled"),
    }),
  };
}

/** A node that is there from now on, on its way into a cluster: free, if it does not get there (INFERRED). */
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
    CreateTime: utcSeconds(now),
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

export function clusterData(facts: ClusterFacts, asked: JsonObject): JsonObject {
  const networks = object(asked, "Networks") ?? {};
  const vpd = isObject(networks["VpdInfo"]) ? stringOf(networks["VpdInfo"]["VpdId"]) : "";
  const tags = objects(asked, "Tag").map((tag) => ({
    Key: text(tag, "Key") ?? "",
    Value: text(tag, "Value") ?? "",
  }));
  return {
    ClusterId: facts.id,
    ClusterName: facts.name,
    ClusterDescription: text(asked, "ClusterDescription") ?? "",
    ClusterType: text(asked, "ClusterType") ?? "Lite",
    HpnZone: text(asked, "HpnZone") ?? "A1",
    OperatingState: facts.state,
    ComputingIpVersion: text(networks, "TailIpVersion") ?? "IPv4",
    OpenEniJumboFrame: asked["OpenEniJumboFrame"] === true ? "supported" : "unsupported",
    ResourceGroupId: text(asked, "ResourceGroupId") ?? "rg-acfm00000000001",
    VpcId: text(networks, "VpcId") ?? "",
    VSwitchId: text(networks, "VSwitchId") ?? "",
    SecurityGroupId: text(networks, "SecurityGroupId") ?? "",
    Networks: { VpdId: vpd === "" ? `vpd-${facts.id.slice(-8)}` : vpd },
    Components: [],
    Tags: tags,
    TaskId: "",
    CreateTime: utcSeconds(facts.createdAt),
    UpdateTime: utcSeconds(facts.createdAt),
    kind: facts.kind,
  };
}
