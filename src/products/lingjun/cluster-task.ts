import { defineTask } from "../../core/define-task.ts";
import { TerminalError } from "../../core/errors.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { StepContext, StepHandler } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import type { TaskType, TaskTypeDefinition } from "../../core/task-type.ts";
import { stringOf, stringsOf } from "../simulation.ts";
import { CLUSTER, clusterOf, IDLE, NODE, occupyNode, setCluster } from "./resources.ts";

interface ClusterTask extends TaskTypeDefinition {
  /** Changes that come with the end, besides giving the cluster back. */
  readonly ended?: (task: Task, resources: ResourceWriter) => Promise<void>;
  /** The cluster's state at the end, of a task that changes it. Default: the one before. */
  readonly endState?: (task: Task) => string;
  /** Whether a cluster whose creation failed will do. */
  readonly evenIfFailed?: boolean;
  /** Whether its nodes must be members of the cluster. */
  readonly ofMembers?: boolean;
}

/**
 * A task on a cluster. Cluster and nodes show what is done to them from the moment it was accepted or, if it had to
 * wait for another, from its first step on.
 */
export function clusterTask(definition: ClusterTask): TaskType {
  const { ended, endState = stateBefore, evenIfFailed, ofMembers, ...rest } = definition;
  return defineTask({
    ...rest,
    steps: withEntry(rest.steps, async (context) => {
      await enterCluster(context, evenIfFailed === true);
      if (ofMembers === true) await enterNodes(context);
    }),
    onEnd: async (task, resources) => {
      await ended?.(task, resources);
      const { busy, stateBefore: before, clusterId } = task.attributes;
      if (busy === undefined || (task.startedAt === undefined && before === undefined)) return;
      const OperatingState = endState(task);
      const at = task.endedAt ?? task.updatedAt;
      setCluster(resources, stringOf(clusterId), at, { OperatingState });
    },
  });
}

function stateBefore({ attributes }: Pick<Task, "attributes">): string {
  return stringOf(attributes["stateBefore"]) || "running";
}

type Steps = TaskTypeDefinition["steps"];

function withEntry(steps: Steps, enter: (context: StepContext) => Promise<void>): Steps {
  const [first, ...others] = Object.entries(steps);
  if (first === undefined) return steps;
  const [name, step] = first;
  const plan = typeof step === "function" ? { run: step } : step;
  const run: StepHandler = async (input, context) => {
    await enter(context);
    return plan.run(input, context);
  };
  return Object.fromEntries([[name, { ...plan, run }], ...others]);
}

/** Much may have happened since the task was accepted, if it had to wait for others. */
async function enterCluster(context: StepContext, evenIfFailed: boolean): Promise<void> {
  const { attributes, resources, step } = context;
  const id = stringOf(attributes["clusterId"]);
  const cluster = await resources.get(CLUSTER, id);
  if (cluster === undefined) {
    throw new TerminalError("ResourceNotFound", `step ${step}: cluster ${id} is gone`);
  }
  const state = stringOf(cluster.data["OperatingState"]);
  if (IDLE.includes(state)) context.attribute("stateBefore", state);
  if (state === "failed" && !evenIfFailed) {
    throw new TerminalError("NotApplicable", `step ${step}: cluster ${id} is in state ${state}`);
  }
  const { busy } = attributes;
  if (busy !== undefined) setCluster(resources, id, context.now(), { OperatingState: busy });
}

async function enterNodes({ attributes, resources, step }: StepContext): Promise<void> {
  const { clusterId, nodeBusy } = attributes;
  for (const id of stringsOf(attributes["nodeIds"])) {
    const node = await resources.get(NODE, id);
    if (node === undefined || clusterOf(node) !== clusterId) {
      const why = `cluster ${clusterId} has no node ${id} any more`;
      throw new TerminalError("InvalidNodeId.NotFound", `step ${step}: ${why}`);
    }
    if (nodeBusy !== undefined) occupyNode(resources, id, stringOf(nodeBusy));
  }
}
