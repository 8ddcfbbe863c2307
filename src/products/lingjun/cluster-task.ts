import { defineTask } from "../../core/define-task.ts";
import { TerminalError } from "../../core/errors.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { StepContext } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import type { TaskType, TaskTypeDefinition } from "../../core/task-type.ts";
import { enterFirst, stringOf, stringsOf } from "../simulation.ts";
import { CLUSTER, clusterOf, IDLE, NODE, occupyNode, setCluster } from "./resources.ts";

interface ClusterTask extends TaskTypeDefinition {
  /** Further changes at the end of the task. The state of the cluster is reset in any case. */
  readonly ended?: (task: Task, resources: ResourceWriter) => Promise<void>;
  /** The state of the cluster at the end. Default: its state before the task. */
  readonly endState?: (task: Task) => string;
  /** Whether the task may run on a cluster whose creation failed. */
  readonly evenIfFailed?: boolean;
  /** Whether the nodes of the task must belong to the cluster. */
  readonly ofMembers?: boolean;
}

/**
 * A task on a cluster. Cluster and nodes show it from the moment the task is accepted or, if the task has to wait for
 * another, from its first step on.
 */
export function clusterTask(definition: ClusterTask): TaskType {
  const { ended, endState = stateBefore, evenIfFailed, ofMembers, ...rest } = definition;
  return defineTask({
    ...rest,
    steps: enterFirst(rest.steps, async (context) => {
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

/** Checks the cluster again, because the task may have waited for others, and shows the task in its state. */
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
      const why = `node ${id} no longer belongs to cluster ${clusterId}`;
      throw new TerminalError("InvalidNodeId.NotFound", `step ${step}: ${why}`);
    }
    if (nodeBusy !== undefined) occupyNode(resources, id, stringOf(nodeBusy));
  }
}
