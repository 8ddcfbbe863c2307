import { defineTask } from "../../../core/define-task.ts";
import type { Resource } from "../../../core/resource.ts";
import type { StepContext, StepHandler } from "../../../core/step-context.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { type SimulatedWork, stringOf } from "../../simulation.ts";
import { beijingTime } from "../../times.ts";
import { CLUSTER, NODE_POOL, nodesOf } from "../resources.ts";
import { fail, stage } from "../stages.ts";
import { inspect, summaryOf } from "./check-items.ts";

/** Parent: the cluster. */
export const INSPECT_REPORT = "ack.inspectreport";

/** Tasks that only read, or that act on something that is not simulated. They do not keep the cluster busy. */
export function inspectionTasks(work: SimulatedWork): readonly TaskType[] {
  return [clusterInspect(work), vulScan(work), nodeOperation(work), cleanPermissions(work)];
}

function clusterInspect(work: SimulatedWork): TaskType {
  return defineTask({
    type: "cluster_inspect",
    steps: {
      CollectData: stage(work, {
        ms: 1_500,
        message: "collect data",
        start: "ClusterInspectStart",
      }),
      CheckItems: stage(work, {
        ms: 1_500,
        message: "check the items",
        does: async (_input, context) => {
          const { resources } = context;
          const cluster = await needInspected(context);
          const pools = await resources.list({ kind: NODE_POOL, parent: cluster.id });
          const nodes = await nodesOf(resources, cluster.id);
          return { check_items: inspect({ cluster, pools, nodes }) };
        },
      }),
      WriteReport: stage(work, {
        ms: 600,
        message: "write the report",
        done: "ClusterInspectSucceed",
        does: writeReport,
      }),
    },
  });
}

const writeReport: StepHandler = async (_input, context) => {
  const { id } = await needInspected(context);
  const reportId = stringOf(context.attributes["reportId"]);
  const found = context.outputs["check_items"] ?? [];
  const time = beijingTime(context.now());
  const times = { startTime: time, endTime: time };
  const report = { reportId, status: "completed", ...times, summary: summaryOf(found), found };
  context.resources.put(INSPECT_REPORT, reportId, report, id);
};

/** @throws TerminalError if the cluster is gone. */
async function needInspected(context: StepContext): Promise<Resource> {
  const clusterId = stringOf(context.attributes["clusterId"]);
  const cluster = await context.resources.get(CLUSTER, clusterId);
  if (cluster !== undefined) return cluster;
  return fail(context, "ErrorClusterNotFound", "ClusterNotFound", `cluster ${clusterId} is gone`);
}

function vulScan(work: SimulatedWork): TaskType {
  return defineTask({
    type: "cluster_vul_scan",
    steps: {
      PrepareScan: stage(work, {
        ms: 700,
        message: "prepare the scan",
        start: "ClusterVulScanStart",
      }),
      ScanNodes: stage(work, {
        ms: 2_000,
        message: "scan nodes",
        does: async (_input, context) => {
          const nodes = await nodesOf(context.resources, stringOf(context.attributes["clusterId"]));
          for (const node of nodes) context.item(node.id, "success");
          return { scanned_nodes: nodes.length, vuls: 0 };
        },
      }),
      SaveResult: stage(work, {
        ms: 600,
        message: "save the result",
        done: "ClusterVulScanSucceed",
      }),
    },
  });
}

function nodeOperation(work: SimulatedWork): TaskType {
  return defineTask({
    type: "node_operation",
    steps: {
      CheckNode: stage(work, { ms: 500, message: "check the node", start: "NodeOperationStart" }),
      RunOperation: stage(work, {
        ms: 2_000,
        message: "run the operation",
        does: async (input, context) => {
          context.item(stringOf(context.attributes["instanceId"]), "success");
          return { operationAction: stringOf(input["operationAction"]), exitCode: 0 };
        },
      }),
      VerifyNode: stage(work, {
        ms: 600,
        message: "verify the node",
        done: "NodeOperationSucceed",
      }),
    },
  });
}

function cleanPermissions(work: SimulatedWork): TaskType {
  return defineTask({
    type: "user_permissions_clean",
    steps: {
      CollectPermissions: stage(work, {
        ms: 700,
        message: "collect permissions",
        start: "CleanPermissionsStart",
      }),
      CleanPermissions: stage(work, {
        ms: 1_800,
        message: "clean permissions",
      }),
      VerifyPermissions: stage(work, {
        ms: 500,
        message: "verify",
        done: "CleanPermissionsSucceed",
      }),
    },
  });
}
