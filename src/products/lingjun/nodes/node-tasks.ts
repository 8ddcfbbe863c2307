import type { StepHandler } from "../../../core/step-context.ts";
import type { TaskType } from "../../../core/task-type.ts";
import type { SimulatedWork } from "../../simulation.ts";
import { clusterTask } from "../cluster-task.ts";
import { plannedStep, type StepPlan } from "../planned-step.ts";
import { type ClusterKind, setCluster } from "../resources.ts";
import { clusterIdOf, eachNode, releaseNodes } from "./each-node.ts";
import type { NodeSubTask } from "./node-sub-tasks.ts";

/** The contract has no type `cut_ack_edge_cluster`, so such a cluster uses the type of a standard one. */
export const CUT: Readonly<Record<ClusterKind, string>> = {
  standard: "cut_cluster",
  bare: "cut_bare_cluster",
  ack_edge: "cut_cluster",
};
export const RECLONE: Readonly<Record<ClusterKind, string>> = {
  standard: "reclone_node",
  bare: "reclone_bare_node",
  ack_edge: "reclone_ack_edge_node",
};

/** Tasks that start one subtask for each of their nodes. */
export function nodeTasks(work: SimulatedWork): readonly TaskType[] {
  return [
    ...["cut_cluster", "cut_bare_cluster"].map((type) => cutCluster(work, type)),
    ...[REBOOT, STOP, ...Object.values(RECLONE).map(reclone)].map((row) => nodesTask(work, row)),
  ];
}

/** ShrinkCluster. Nodes that were released stay released, also if the task fails or is canceled. */
function cutCluster(work: SimulatedWork, type: string): TaskType {
  return clusterTask({
    type,
    steps: {
      check_nodes: plannedStep(work, {
        tag: "cutNodes",
        ms: 500,
        message: "Checking the nodes to be released",
        does: nameTask,
      }),
      cut_nodes: plannedStep(work, {
        tag: "cutNodes",
        message: "Releasing nodes",
        does: eachNode("cut_node_sub_task"),
      }),
      clean_network: plannedStep(work, {
        tag: "cleanNodes",
        ms: 700,
        message: "Removing the nodes from the cluster network",
        after: ["cut_nodes"],
      }),
      clean_machines: plannedStep(work, {
        tag: "cleanMachine",
        ms: 900,
        message: "Cleaning the physical machines",
        after: ["cut_nodes"],
      }),
      release_nodes: plannedStep(work, {
        tag: "releaseNodes",
        ms: 500,
        message: "Returning the nodes to the free pool",
        after: ["clean_network", "clean_machines"],
      }),
    },
    ofMembers: true,
    ended: releaseNodes("cut_node_sub_task"),
  });
}

/** The differences between tasks that check their nodes, work on each of them and check the result. */
interface NodesTask {
  readonly type: string;
  readonly tag: StepPlan["tag"];
  readonly subTask: NodeSubTask;
  /** Name and message of the step that starts the subtasks. */
  readonly step: readonly [name: string, message: string];
}

const REBOOT: NodesTask = {
  type: "reboot_node",
  tag: "rebootNodes",
  subTask: "reboot_node_sub_task",
  step: ["reboot_nodes", "Rebooting nodes"],
};
/** No published type stops nodes. Task type and subtask type are named like the others (INFERRED). */
const STOP: NodesTask = {
  type: "stop_node",
  tag: "releaseMachine",
  subTask: "stop_node_sub_task",
  step: ["stop_nodes", "Stopping nodes"],
};

function reclone(type: string): NodesTask {
  return {
    type,
    tag: "initializeNodes",
    subTask: "reclone_node_sub_task",
    step: ["reclone_nodes", "Reinstalling nodes"],
  };
}

function nodesTask(work: SimulatedWork, { type, tag, subTask, step }: NodesTask): TaskType {
  return clusterTask({
    type,
    steps: {
      check_nodes: plannedStep(work, {
        tag,
        ms: 700,
        message: "Checking the nodes",
        does: nameTask,
      }),
      [step[0]]: plannedStep(work, { tag, message: step[1], does: eachNode(subTask) }),
      verify_nodes: plannedStep(work, { tag, ms: 900, message: "Checking the result" }),
    },
    ofMembers: true,
    ended: releaseNodes(subTask),
  });
}

/** DescribeCluster shows the id of the task that worked on the cluster last. */
export const nameTask: StepHandler = async (_input, context) => {
  setCluster(context.resources, clusterIdOf(context), context.now(), { TaskId: context.taskId });
};
