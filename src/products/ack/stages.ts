import { defineTask } from "../../core/define-task.ts";
import { TerminalError } from "../../core/errors.ts";
import type { Resource, ResourceWriter } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import type { StepDefinition, TaskType, TaskTypeDefinition } from "../../core/task-type.ts";
import { enterFirst, isObject, type SimulatedWork, stringOf } from "../simulation.ts";
import { CLUSTER, change, changeIf, IDLE, NODE_POOL } from "./resources.ts";

/** The source of a notice, as in the one example that the vendor publishes. */
const SOURCE = "ACK";

/** One ACK stage. It sends a notice, waits as long as the work takes, then calls `does`. */
export interface Stage {
  /** Duration at speed 1. A stage without it waits item by item inside `does`. */
  readonly ms?: number;
  readonly message: string;
  /** The `reason` of the notice that is sent when the stage starts, e.g. `NodePoolScaleOutStart`. */
  readonly start?: string;
  /** The `reason` of the notice that is sent when the stage has succeeded. */
  readonly done?: string;
  readonly does?: StepHandler;
}

export function stage(work: SimulatedWork, plan: Stage): StepDefinition {
  return {
    run: async (input, context) => {
      if (plan.start !== undefined && context.attempt === 1) {
        const { start: reason, message } = plan;
        context.notice({ action: "start", reason, message, source: SOURCE });
      }
      if (plan.ms !== undefined) await work(context, plan.ms);
      const outputs = await plan.does?.(input, context);
      context.message(`success to ${plan.message}`);
      if (plan.done !== undefined) {
        const message = `${plan.message}: finished`;
        context.notice({ action: "finish", reason: plan.done, message, source: SOURCE });
      }
      return outputs;
    },
  };
}

/** Ends the task: sends a warning notice, then throws a TerminalError. */
export function fail(context: StepContext, code: string, reason: string, cause: string): never {
  const message = `step ${context.step}: ${cause}`;
  context.notice({ action: "fail", level: "Warning", reason, message, source: SOURCE });
  throw new TerminalError(code, message);
}

export interface ClusterTask extends TaskTypeDefinition {
  /** Further changes at the end of the task. The states of cluster and node pool are reset in any case. */
  readonly ended?: (task: Task, resources: ResourceWriter) => Promise<void>;
  /** The state of the cluster at the end. Default: its state before the task. */
  readonly endState?: (task: Task) => string;
  /** Whether the task may run on a cluster in state `failed`. */
  readonly evenIfFailed?: boolean;
}

/**
 * A task that keeps a cluster busy. The cluster shows it from the moment the task is accepted or, if the task has to wait
 * for another, from its first step on. At the end, cluster and pool are free again, also if the task failed.
 */
export function clusterTask({
  ended,
  endState = stateBefore,
  evenIfFailed = false,
  ...definition
}: ClusterTask): TaskType {
  return defineTask({
    ...definition,
    steps: enterFirst(definition.steps, (context) => enter(context, evenIfFailed)),
    onEnd: async (task, resources) => {
      const clusterId = stringOf(task.attributes["clusterId"]);
      const nodePoolId = stringOf(task.attributes["nodePoolId"]);
      if (task.startedAt !== undefined || task.attributes["stateBefore"] !== undefined) {
        change(resources, CLUSTER, clusterId, { state: endState(task) });
        change(resources, NODE_POOL, nodePoolId, { state: "active" });
      } else {
        changeIf(resources, NODE_POOL, nodePoolId, "initial", { state: "active" });
      }
      await ended?.(task, resources);
    },
  });
}

/** The state of the cluster before the task. For example, a failed cluster whose deletion was canceled is failed again. */
export function stateBefore({ attributes }: Pick<Task, "attributes">): string {
  return stringOf(attributes["stateBefore"]) || "running";
}

/** Checks cluster and pool again, because the task may have waited for others, and shows the task in their states. */
async function enter(context: StepContext, evenIfFailed: boolean): Promise<void> {
  const { attributes, resources } = context;
  const { clusterId, nodePoolId } = attributes;
  const cluster = await resources.get(CLUSTER, stringOf(clusterId));
  if (cluster === undefined) {
    return fail(context, "ErrorClusterNotFound", "ClusterNotFound", `cluster ${clusterId} is gone`);
  }
  const state = stringOf(cluster.data["state"]);
  if (IDLE.includes(state)) context.attribute("stateBefore", state);
  if (state.endsWith("failed") && !evenIfFailed) {
    fail(
      context,
      "ErrorClusterState",
      "ClusterFailed",
      `cluster ${clusterId} is in state ${state}`,
    );
  }
  if (nodePoolId !== undefined) await needPool(context, stringOf(nodePoolId));
  const busy = isObject(attributes["busy"]) ? attributes["busy"] : {};
  const { cluster: ofCluster, pool: ofPool } = busy;
  if (ofCluster !== undefined) change(resources, CLUSTER, cluster.id, { state: ofCluster });
  if (ofPool !== undefined) change(resources, NODE_POOL, stringOf(nodePoolId), { state: ofPool });
}

/** @throws TerminalError if the node pool is gone. */
export async function needPool(context: StepContext, id: string): Promise<Resource> {
  const pool = await context.resources.get(NODE_POOL, id);
  if (pool !== undefined) return pool;
  return fail(context, "ErrorNodePoolNotFound", "NodePoolNotFound", `node pool ${id} is gone`);
}
