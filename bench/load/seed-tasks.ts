// Makes ended tasks like those of the four products: about 2 KB for each row, with all events.
import type { StepReport, TaskEvent } from "../../src/core/events.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { Notice, PlannedStep, Target, TaskDraft } from "../../src/core/task.ts";

export const PRODUCTS = ["ack", "lingjun", "bdrc", "cloudcontrol"] as const;
export type ProductName = (typeof PRODUCTS)[number];

export function isProduct(name: string): name is ProductName {
  return (PRODUCTS as readonly string[]).includes(name);
}

/** The account of callers while signatures are not checked (src/config/settings.ts). */
export const ACCOUNT = "1000000000000001";

/** The number of clusters. Each cluster has more tasks than one page. */
const MOST_CLUSTERS = 100;
const LEAST_TASKS_A_CLUSTER = 50;

export function clustersFor(tasks: number): number {
  const ofProduct = tasks / PRODUCTS.length;
  return Math.max(1, Math.min(MOST_CLUSTERS, Math.floor(ofProduct / LEAST_TASKS_A_CLUSTER)));
}

/** ACK's cluster of this number. */
export function clusterId(number: number): string {
  return `c${hex(number, 32)}`;
}

interface Sketch {
  readonly type: string;
  readonly target: Target;
  readonly input: JsonObject;
  readonly attributes: JsonObject;
  readonly steps: readonly PlannedStep[];
  /** The reports of a step before it ends. */
  readonly report: (step: string, at: number) => StepReport;
}

/** Of ten tasks of each cluster, one fails in its last step. */
const FAIL_EACH = 10;

/** The events of task number `n` of its product. By their times, the task takes 40 s. */
export function lifeOf(
  product: ProductName,
  n: number,
  id: string,
  at: number,
  clusters: number,
): readonly TaskEvent[] {
  const sketch = SKETCHES[product](n, n % clusters);
  const { report, ...facts } = sketch;
  const task: TaskDraft = {
    ...facts,
    id,
    account: ACCOUNT,
    product,
    priority: 5,
    requestId: `4DA1F5EC-4E5A-5FA1-8A09-${hex(n, 12).toUpperCase()}`,
    actor: "anonymous",
  };
  const events: TaskEvent[] = [
    { type: "TaskSubmitted", at, task },
    { type: "TaskStarted", at: at + 2 },
  ];
  const last = sketch.steps.at(-1)?.name;
  const fails = Math.floor(n / clusters) % FAIL_EACH === 0;
  const stepMs = Math.floor(40_000 / sketch.steps.length);
  let now = at + 2;
  for (const { name } of sketch.steps) {
    events.push({ type: "StepStarted", at: now, step: name, attempt: 1 });
    now += stepMs;
    events.push({ type: "StepReported", at: now, step: name, report: report(name, now) });
    if (name === last && fails) {
      const message = `step ${name}: quota of the account is used up`;
      const error = { code: "QuotaExceed", message, step: name, attempt: 1, retryable: false };
      events.push({ type: "StepFailed", at: now, step: name, error });
      events.push({ type: "TaskFailed", at: now, error });
    } else {
      events.push({ type: "StepSucceeded", at: now, step: name });
      if (name === last) events.push({ type: "TaskSucceeded", at: now });
    }
  }
  return events;
}

const SKETCHES: Readonly<Record<ProductName, (n: number, cluster: number) => Sketch>> = {
  ack: scaleOut,
  lingjun: extendCluster,
  bdrc: checkRules,
  cloudcontrol: createResource,
};

function scaleOut(n: number, clusterNumber: number): Sketch {
  const cluster = clusterId(clusterNumber);
  const nodePoolId = `np${hex(clusterNumber, 32)}`;
  const instanceIds = [0, 1].map((i) => `i-2ze${base36(n * 2 + i, 17)}`);
  return {
    type: "cluster_scaleout",
    target: { type: "cluster", id: cluster },
    input: { cluster_id: cluster, nodepool_id: nodePoolId, count: 2 },
    attributes: {
      clusterId: cluster,
      target: { id: nodePoolId, type: "nodepool" },
      operation: "ScaleClusterNodePool",
    },
    steps: chain("CreateInstances", "JoinCluster", "VerifyNodes"),
    report: (step, at) => ({
      progress: 10_000,
      message: `success to finish ${step}`,
      ...(step !== "JoinCluster" && { notices: [notice(step, at)] }),
      ...(step === "CreateInstances" && { outputs: { instance_ids: instanceIds } }),
      ...(step === "JoinCluster" && {
        items: instanceIds.map((id) => ({ id, status: "success" as const })),
      }),
    }),
  };
}

function notice(step: string, at: number): Notice {
  const reason = `NodePool${step}`;
  return { at, level: "Normal", action: "finish", reason, message: `${step}: done`, source: "ack" };
}

function extendCluster(n: number, clusterNumber: number): Sketch {
  const cluster = `i1${digits(clusterNumber, 20)}`;
  const nodeIds = [0, 1].map((i) => `e01-cn-${base36(n * 2 + i, 11)}`);
  const labels = { stageTag: "节点并发初始化" };
  return {
    type: "extend_cluster",
    target: { type: "cluster", id: cluster, name: `training-${clusterNumber}` },
    input: { ClusterId: cluster, NodeGroups: ["ng-ec3c96ff0aa4c60d"] },
    attributes: {
      clusterId: cluster,
      clusterName: `training-${clusterNumber}`,
      nodeIds,
      operation: "ExtendCluster",
    },
    steps: chain("initialize_nodes", "verify_nodes").map((step) => ({ ...step, labels })),
    report: (step, at) => ({
      progress: 10_000,
      message: `${step} finished on ${nodeIds.length} nodes`,
      ...(step === "initialize_nodes" && {
        subtasks: nodeIds.map((node, i) => ({
          id: `i${digits(at, 13)}${digits(n * 2 + i, 8)}`,
          type: "initialize_node_sub_task",
          state: "succeeded" as const,
          message: `node ${node} is ready`,
          createdAt: at - 5_000,
          updatedAt: at,
        })),
      }),
    }),
  };
}

function checkRules(n: number): Sketch {
  const rules = ["ECS_NO_SNAPSHOT", "OSS_NO_VERSIONING", "RDS_NO_BACKUP", "NAS_NO_RECYCLE_BIN"];
  return {
    type: "CHECK_RULES",
    target: { type: "account", id: ACCOUNT },
    input: { RuleIds: rules, ResourceType: "ACS::ECS::Instance" },
    attributes: {
      taskName: `Check of ${rules.length} protection rules`,
      taskDescription: "Checks the resources of the account against the rules of data protection",
      taskPriority: "HIGH",
      executionId: `e-${base36(n, 20)}`,
      taskDetail: { rules, resourceArn: `acs:ecs:cn-hangzhou:${ACCOUNT}:instance/i-${n}` },
      operation: "CheckRules",
    },
    steps: chain("CollectResources", "CheckRules", "SaveResults"),
    report: (step) => ({
      progress: 10_000,
      message: `${step} is done`,
      ...(step === "CheckRules" && {
        outputs: { checked: 128, failed: n % 7 },
        attributes: { taskResult: { checked: 128, failed: n % 7, byRule: rules.map(() => 32) } },
      }),
    }),
  };
}

function createResource(n: number): Sketch {
  const resourceId = `i-bp1${base36(n, 17)}`;
  const resourcePath = `ECS/instance/${resourceId}`;
  return {
    type: "CreateResource",
    target: { type: "ECS/instance", id: resourceId },
    input: {
      regionId: "cn-hangzhou",
      body: {
        ImageId: "aliyun_3_x64_20G_alibase_20240528.vhd",
        InstanceType: "ecs.g7.xlarge",
        VSwitchId: "vsw-bp1te8s1xqzqz2xc6rxyz",
        SecurityGroupIds: ["sg-bp1fg655nh68xyz9i3xx"],
        SystemDisk: { Category: "cloud_essd", Size: 40 },
      },
    },
    attributes: {
      taskAction: "Create",
      product: "ECS",
      regionId: "cn-hangzhou",
      resourceType: "instance",
      resourcePath,
      resourceId,
      operation: "CreateResource",
    },
    steps: chain("validate", "create", "read_back"),
    report: (step) => ({
      progress: 10_000,
      message: `${step}: ${resourcePath}`,
      ...(step === "create" && { outputs: { resourceId } }),
    }),
  };
}

function chain(...names: readonly string[]): PlannedStep[] {
  return names.map((name, i) => ({
    name,
    after: names.slice(Math.max(0, i - 1), i),
    weight: 1,
    maxAttempts: 3,
  }));
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, "0");
}

function base36(value: number, length: number): string {
  return value.toString(36).padStart(length, "0");
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0").slice(-length);
}
