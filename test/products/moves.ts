import type { Json } from "../../src/core/json.ts";
import type { Resource } from "../../src/core/resource.ts";
import { isFinal } from "../../src/core/task.ts";
import type { ProductsBench } from "../support/products-bench.ts";
import { fc } from "../support/properties.ts";

export const ACCOUNTS = ["1000000000000001", "1000000000000002", "1000000000000003"] as const;

/** One step of a sequence: an operation, a request that controls a task, or a period of time. */
export type Move =
  | { readonly kind: "call"; readonly by: number; readonly what: number; readonly of: number }
  | { readonly kind: "control"; readonly by: number; readonly how: number; readonly of: number }
  | { readonly kind: "time"; readonly ms: number };

// Most steps are in one account, so that they conflict.
const by = fc.constantFrom(0, 0, 0, 1, 2);
const of = fc.nat(1_000);

export const STEPS: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("call"), by, what: of, of }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("control"), by, how: fc.nat(2), of }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("time"), ms: fc.nat(2_500) }) },
);

type Parameters = Readonly<Record<string, Json>>;

/** The resources an operation may choose: those of the account, and sometimes those of another account. */
interface Choice {
  readonly of: number;
  pick(kind: string, where?: (resource: Resource) => boolean): string;
  inside(kind: string, parent: string): string;
  /** Up to three of them. */
  some(kind: string, parent: string): string[];
}

type Call = readonly [
  product: string,
  action: string,
  parameters: (choice: Choice) => Parameters | undefined,
];

const FREE = (resource: Resource) => resource.data["ClusterId"] === "";

/** All operations that create, move or remove something, and some that only read. */
const CALLS: readonly Call[] = [
  [
    "ack",
    "CreateCluster",
    ({ of }) => ({
      name: `cluster-${of}`,
      region_id: "cn-beijing",
      cluster_type: "ManagedKubernetes",
      nodepools: [{ nodepool_info: { name: "a" }, scaling_group: { desired_size: of % 3 } }],
    }),
  ],
  ["ack", "DeleteCluster", ({ pick }) => ({ ClusterId: pick("ack.cluster") })],
  ["ack", "UpgradeCluster", ({ pick }) => ({ ClusterId: pick("ack.cluster") })],
  [
    "ack",
    "ModifyCluster",
    ({ pick, of }) => ({
      ClusterId: pick("ack.cluster"),
      cluster_name: `renamed-${of}`,
    }),
  ],
  [
    "ack",
    "CreateClusterNodePool",
    ({ pick, of }) => ({
      ClusterId: pick("ack.cluster"),
      nodepool_info: { name: `pool-${of}` },
      scaling_group: { desired_size: of % 3 },
      count: of % 3,
    }),
  ],
  ["ack", "DeleteClusterNodepool", (choice) => ({ ...pool(choice), force: choice.of % 2 === 0 })],
  ["ack", "ScaleClusterNodePool", (choice) => ({ ...pool(choice), count: 1 + (choice.of % 30) })],
  [
    "ack",
    "ModifyClusterNodePool",
    (choice) => ({ ...pool(choice), scaling_group: { desired_size: choice.of % 5 } }),
  ],
  ["ack", "UpgradeClusterNodepool", (choice) => pool(choice)],
  [
    "ack",
    "AttachInstancesToNodePool",
    (choice) => ({
      ...pool(choice),
      instances: [`i-attached${choice.of % 4}`],
    }),
  ],
  [
    "ack",
    "RemoveNodePoolNodes",
    ({ pick, inside, of }) => {
      const node = pick("ack.node");
      const ClusterId = pick("ack.cluster");
      const NodepoolId = inside("ack.nodepool", ClusterId);
      return { ClusterId, NodepoolId, instance_ids: [node], release_node: of % 2 === 0 };
    },
  ],
  [
    "ack",
    "DeleteClusterNodes",
    // There are several, so that a cancel may come between them.
    ({ pick, some }) => {
      const ClusterId = pick("ack.cluster");
      return { ClusterId, nodes: some("ack.node", ClusterId) };
    },
  ],
  [
    "ack",
    "InstallClusterAddons",
    ({ pick, of }) => ({
      ClusterId: pick("ack.cluster"),
      body: [{ name: ["terway", "coredns", "ack-node"][of % 3] ?? "" }],
    }),
  ],
  [
    "ack",
    "UnInstallClusterAddons",
    ({ pick }) => ({
      ClusterId: pick("ack.cluster"),
      body: [{ name: "coredns" }],
    }),
  ],
  [
    "ack",
    "CreateNodePoolComponentInstances",
    (choice) => {
      const { ClusterId, NodepoolId } = pool(choice);
      const components = [{ name: `component-${choice.of % 3}`, version: "1" }];
      return { clusterId: ClusterId, nodepoolId: NodepoolId, components };
    },
  ],
  ["ack", "RunClusterInspect", ({ pick }) => ({ clusterId: pick("ack.cluster") })],
  [
    "lingjun",
    "CreateCluster",
    ({ pick, of }) => ({
      ClusterName: `cluster-${of}`,
      ClusterType: of % 2 === 0 ? "Lite" : "Bare",
      NodeGroups: [
        {
          NodeGroupName: "a",
          Nodes: [{ NodeId: pick("lingjun.node", FREE) }],
          ...(of % 5 === 0 && { ImageId: "not-exist" }),
        },
      ],
    }),
  ],
  [
    "lingjun",
    "ExtendCluster",
    ({ pick, inside, of }) => {
      const ClusterId = pick("lingjun.cluster");
      const NodeId = pick("lingjun.node", FREE);
      const NodeGroupId = inside("lingjun.nodegroup", ClusterId);
      return {
        ClusterId,
        IgnoreFailedNodeTasks: of % 2 === 0,
        NodeGroups: [{ NodeGroupId, Nodes: [{ NodeId }] }],
      };
    },
  ],
  [
    "lingjun",
    "ExtendCluster",
    ({ pick, of }) => ({
      ClusterId: pick("lingjun.cluster"),
      NodeGroups: [{ Amount: 1 + (of % 2) }],
    }),
  ],
  [
    "lingjun",
    "ShrinkCluster",
    (choice) => {
      const { ClusterId, NodeId } = member(choice);
      return { ClusterId, NodeGroups: [{ Nodes: [{ NodeId }] }] };
    },
  ],
  ["lingjun", "RebootNodes", (choice) => ({ Nodes: [member(choice).NodeId] })],
  ["lingjun", "StopNodes", (choice) => ({ Nodes: [member(choice).NodeId] })],
  [
    "lingjun",
    "ReimageNodes",
    (choice) => {
      const { ClusterId, NodeId } = member(choice);
      return { ClusterId, Nodes: [{ NodeId, ImageId: choice.of % 3 ? "m-1" : "not-exist" }] };
    },
  ],
  [
    "lingjun",
    "ChangeNodeGroup",
    (choice) => {
      const { ClusterId, NodeId } = member(choice);
      const TargetNodeGroupId = choice.inside("lingjun.nodegroup", ClusterId);
      return { TargetNodeGroupId, Nodes: [NodeId] };
    },
  ],
  [
    "lingjun",
    "CreateNodeGroup",
    ({ pick, of }) => ({
      ClusterId: pick("lingjun.cluster"),
      NodeGroup: { NodeGroupName: `group-${of}`, Az: "z", MachineType: "m", ImageId: "i" },
    }),
  ],
  [
    "lingjun",
    "UpdateNodeGroup",
    ({ pick, of }) => ({
      NodeGroupId: pick("lingjun.nodegroup"),
      NewNodeGroupName: `renamed-${of}`,
    }),
  ],
  ["lingjun", "DeleteNodeGroup", ({ pick }) => ({ NodeGroupId: pick("lingjun.nodegroup") })],
  ["lingjun", "DeleteCluster", ({ pick }) => ({ ClusterId: pick("lingjun.cluster") })],
  ["bdrc", "UpdateResources", () => ({})],
  [
    "bdrc",
    "CheckRules",
    ({ pick, of }) => ({
      ResourceArn: of % 5 === 0 ? "acs:ecs:nobody" : pick("bdrc.resource"),
    }),
  ],
  [
    "bdrc",
    "PrecheckResourceCount",
    () => ({
      TagResourceMatchers: [{ Key: "env", Operator: "EQUAL", Values: ["demo"] }],
    }),
  ],
  [
    "bdrc",
    "UpdateCrossAccounts",
    ({ of }) => ({
      CreateTargets: [{ TargetId: String(of % 4), TargetType: "ACCOUNT" }],
    }),
  ],
  [
    "bdrc",
    "UpdateCrossAccounts",
    ({ of }) => ({
      DeleteTargets: [{ TargetId: String(of % 4), TargetType: "ACCOUNT" }],
    }),
  ],
  [
    "cloudcontrol",
    "CreateResource",
    ({ of }) => ({
      ...product("VPC"),
      requestPath: "VPC",
      body: { VpcId: `vpc-${of % 3}`, VpcName: "a" },
    }),
  ],
  [
    "cloudcontrol",
    "CreateResource",
    ({ of }) => ({
      ...product("VPC"),
      requestPath: "VSwitch",
      body: { VSwitchId: `vsw-${of % 3}`, VpcId: `vpc-${of % 4}` },
    }),
  ],
  [
    "cloudcontrol",
    "CreateResource",
    ({ of }) => ({
      ...product("RDS"),
      requestPath: "DBInstance",
      body: { DBInstanceId: `rm-${of % 3}` },
    }),
  ],
  [
    "cloudcontrol",
    "CreateResource",
    ({ of }) => ({
      ...product("RDS"),
      requestPath: `DBInstance/rm-${of % 3}/Account`,
      body: { AccountName: `user-${of % 2}`, AccountPassword: "secret" },
    }),
  ],
  [
    "cloudcontrol",
    "CreateResource",
    ({ of }) => ({
      ...product("ECS"),
      requestPath: "KeyPair",
      body: { KeyPairName: `key-${of % 3}` },
    }),
  ],
  [
    "cloudcontrol",
    "UpdateResource",
    ({ pick }) => ({
      ...product("ECS"),
      requestPath: pick("cloudcontrol.ECS/KeyPair"),
      body: { ResourceGroupId: "rg-b" },
    }),
  ],
  [
    "cloudcontrol",
    "DeleteResource",
    ({ pick }) => ({
      ...product("ECS"),
      requestPath: pick("cloudcontrol.ECS/KeyPair"),
    }),
  ],
  [
    "cloudcontrol",
    "UpdateResource",
    ({ pick }) => ({
      ...product("VPC"),
      requestPath: pick("cloudcontrol.VPC/VPC"),
      body: { VpcName: "b" },
    }),
  ],
  [
    "cloudcontrol",
    "DeleteResource",
    ({ pick }) => ({
      ...product("VPC"),
      requestPath: pick("cloudcontrol.VPC/VPC"),
    }),
  ],
  [
    "cloudcontrol",
    "DeleteResource",
    ({ pick }) => ({
      ...product("RDS"),
      requestPath: pick("cloudcontrol.RDS/DBInstance"),
    }),
  ],
  [
    "cloudcontrol",
    "DeleteResource",
    ({ pick }) => ({
      ...product("RDS"),
      requestPath: pick("cloudcontrol.RDS/DBInstance/Account"),
    }),
  ],
];

function product(code: string): Parameters {
  return { provider: "Aliyun", product: code };
}

function pool({ pick, inside }: Choice) {
  const ClusterId = pick("ack.cluster");
  return { ClusterId, NodepoolId: inside("ack.nodepool", ClusterId) };
}

function member({ pick, of }: Choice) {
  const ClusterId = pick("lingjun.cluster");
  const mine = ({ data }: Resource) => data["ClusterId"] === ClusterId;
  // Sometimes the node belongs to another cluster.
  return { ClusterId, NodeId: of % 7 === 0 ? pick("lingjun.node") : pick("lingjun.node", mine) };
}

/** The product of most calls of a sequence, so that they conflict. Or all products equally. */
export const THEMES = ["ack", "lingjun", "cloudcontrol", undefined] as const;
export type Theme = (typeof THEMES)[number];

export async function perform(bench: ProductsBench, move: Move, theme: Theme): Promise<void> {
  if (move.kind === "time") return bench.clock.advance(move.ms);
  const account = ACCOUNTS[move.by] ?? ACCOUNTS[0];
  await (move.kind === "call" ? call(bench, account, move, theme) : control(bench, account, move));
}

async function call(
  bench: ProductsBench,
  account: string,
  { what, of: number }: Extract<Move, { kind: "call" }>,
  theme: Theme,
): Promise<void> {
  const wanted = number % 5 === 0 ? CALLS : CALLS.filter(([name]) => name === (theme ?? name));
  const found = wanted[what % wanted.length];
  if (found === undefined) return;
  const [name, action, parametersOf] = found;
  const parameters = parametersOf(await choiceOf(bench, account, number));
  if (parameters === undefined) return;
  const { status, body } = await bench.call(account, name, action, parameters);
  if (status >= 500) throw new Error(`${name} ${action}: ${JSON.stringify(body)}`);
}

const MOVED_KINDS = [
  "ack.cluster",
  "ack.nodepool",
  "ack.node",
  "lingjun.cluster",
  "lingjun.nodegroup",
  "lingjun.node",
  "bdrc.resource",
  "cloudcontrol.ECS/KeyPair",
  "cloudcontrol.VPC/VPC",
  "cloudcontrol.RDS/DBInstance",
  "cloudcontrol.RDS/DBInstance/Account",
];

async function choiceOf(bench: ProductsBench, account: string, number: number): Promise<Choice> {
  // One in eleven chooses resources of another account, which must not be found.
  const owner = number % 11 === 0 ? (ACCOUNTS.find((one) => one !== account) ?? account) : account;
  const resources = bench.engine.resources(owner);
  const all = new Map<string, readonly Resource[]>();
  for (const kind of MOVED_KINDS) all.set(kind, await resources.list({ kind }));
  const pick: Choice["pick"] = (kind, where = () => true) => {
    const fitting = (all.get(kind) ?? []).filter(where);
    return fitting[number % Math.max(fitting.length, 1)]?.id ?? "nothing/none";
  };
  const inside = (kind: string, parent: string) => pick(kind, (one) => one.parent === parent);
  const some = (kind: string, parent: string) => {
    const members = (all.get(kind) ?? []).filter((one) => one.parent === parent);
    return members.slice(number % 3, (number % 3) + 3).map(({ id }) => id);
  };
  return { of: number, pick, inside, some };
}

async function control(
  bench: ProductsBench,
  account: string,
  { how, of: number }: Extract<Move, { kind: "control" }>,
): Promise<void> {
  const { tasks } = await bench.engine.list({ account, limit: 100 });
  const open = tasks.filter((task) => !isFinal(task.state) && task.parent === undefined);
  const task = open[number % Math.max(open.length, 1)];
  if (task === undefined) return;
  const order = task.state === "paused" ? "resume" : (["cancel", "cancel", "pause"][how] ?? "");
  await bench.send(account, "POST", `/v1/tasks/${task.id}/${order}`, {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reason: "the test" }),
  });
}
