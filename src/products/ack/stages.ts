import { defineTask } from "../../core/define-task.ts";
import { TerminalError } from "../../core/errors.ts";
import type { Resource, ResourceWriter } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import type { StepDefinition, TaskType, TaskTypeDefinition } from "../../core/task-type.ts";
import { isObject, stringOf, type Work } from "../simulation.ts";
import { CLUSTER, change, changeIf, IDLE, NODE_POOL } from "./resources.ts";

/** Who a notice is from, as in the one example that is published. */
const SOURCE = "ACK";

/** One ACK stage: says that it starts, takes its time, then does what it is for. */
export interface Stage {
  /** Duration at speed 1; a stage that takes its time item by item has none of its own. */
  readonly ms?: number;
  readonly message: string;
  /** Reason of the notice sent when the stage starts, e.g. `NodePoolScaleOutStart`. */
  readonly start?: string;
  /** Reason of the notice sent when the stage is done. */
  readonly done?: string;
  readonly does?: StepHandler;
}

export function stage(work: Work, plan: Stage): StepDefinition {
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

/** Ends the task: a warning for people, then the error. */
export function fail(context: StepContext, code: string, reason: string, cause: string): never {
  const message = `step ${context.step}: ${cause}`;
  context.notice({ action: "fail", level: "Warning", reason, message, source: SOURCE });
  throw new TerminalError(code, message);
}

export interface ClusterTask extends TaskTypeDefinition {
  /** Changes that come with the end, besides giving cluster and node pool back. */
  readonly ended?: (task: Task, resources: ResourceWriter) => Promise<void>;
  /** The cluster's state at the end. Default: the one before. */
  readonly endState?: (task: Task) => string;
  /** Whether a cluster in state `failed` will do. */
  readonly evenIfFailed?: boolean;
}

/**
 * A task that keeps a cluster busy, from the moment it was accepted or, if it had to wait for another, from its first
 * step on. Cluster and pool are given back at the end, whatever it is.
 */
export function clusterTask({
  ended,
  endState = stateBefore,
  evenIfFailed = false,
  ...definition
}: ClusterTask): TaskType {
  return defineTask({
    ...definition,
    steps: withEntry(definition.steps, evenIfFailed),
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

/** A failed cluster whose deletion was canceled is still a failed one. */
export function stateBefore({ attributes }: Pick<Task, "attributes">): string {
  return stringOf(attributes["stateBefore"]) || "running";
}

type Steps = TaskTypeDefinition["steps"];

function withEntry(steps: Steps, evenIfFailed: boolean): Steps {
  const [first, ...others] = Object.entries(steps);
  if (first === undefined) return steps;
  const [name, step] = first;
  const plan = typeof step === "function" ? { run: step } : step;
  const run: StepHandler = async (input, context) => {
    await enter(context, evenIfFailed);
    return plan.run(input, context);
  };
  return Object.fromEntries([[name, { ...plan, run }], ...others]);
}

/** Much may have happened since the task was accepted, if it had to wait for others. */
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

/** @throws TerminalError if it is gone. */
export async function needPool(context: StepContext, id: string): Promise<Resource> {
  const pool = await context.resources.get(NODE_POOL, id);
  if (pool !== undefined) return pool;
  return fail(context, "ErrorNodePoolNotFound", "NodePoolNotFound", `node pool ${id} is gone`);
}
