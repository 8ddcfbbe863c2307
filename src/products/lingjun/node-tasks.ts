import type { StepHandler } from "../../core/step-context.ts";
import type { TaskType } from "../../core/task-type.ts";
import type { Work } from "../simulation.ts";
import { clusterTask } from "./cluster-task.ts";
import { backToUse, clusterIdOf, eachNode } from "./each-node.ts";
import type { NodeSubTask } from "./node-sub-tasks.ts";
import { type ClusterKind, setCluster } from "./resources.ts";
import { type Stage, stage } from "./stages.ts";

/** There is no `cut_ack_edge_cluster` in the contract: such a cluster is cut like a standard one. */
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

/** Tasks that do the same to each of some nodes, by sub tasks. */
export function nodeTasks(work: Work): readonly TaskType[] {
  return [
    ...["cut_cluster", "cut_bare_cluster"].map((type) => cutCluster(work, type)),
    ...[REBOOT, STOP, ...Object.values(RECLONE).map(reclone)].map((row) => round(work, row)),
  ];
}

/** ShrinkCluster: nodes that were released stay released, whatever the end. */
function cutCluster(work: Work, type: string): TaskType {
  return clusterTask({
    type,
    steps: {
      check_nodes: stage(work, {
        tag: "cutNodes",
        ms: 500,
        message: "Checking the nodes to be released",
        does: nameTask,
      }),
      cut_nodes: stage(work, {
        tag: "cutNodes",
        message: "Releasing nodes",
        does: eachNode("cut_node_sub_task"),
      }),
      clean_network: stage(work, {
        tag: "cleanNodes",
        ms: 700,
        message: "Removing the nodes from the cluster network",
        after: ["cut_nodes"],
      }),
      clean_machines: stage(work, {
        tag: "cleanMachine",
        ms: 900,
        message: "Cleaning the physical machines",
        after: ["cut_nodes"],
      }),
      release_nodes: stage(work, {
        tag: "releaseNodes",
        ms: 500,
        message: "Returning the nodes to the free pool",
        after: ["clean_network", "clean_machines"],
      }),
    },
    ofMembers: true,
    ended: backToUse("cut_node_sub_task"),
  });
}

/** What differs between tasks that check some nodes, work on each and look at the result. */
interface Round {
  readonly type: string;
  readonly tag: Stage["tag"];
  readonly subTask: NodeSubTask;
  /** Name and message of the step that runs the sub tasks. */
  readonly step: readonly [name: string, message: string];
}

const REBOOT: Round = {
  type: "reboot_node",
  tag: "rebootNodes",
  subTask: "reboot_node_sub_task",
  step: ["reboot_nodes", "Rebooting nodes"],
};
/** None of the published types is a stop: type and sub task are named like the others (INFERRED). */
const STOP: Round = {
  type: "stop_node",
  tag: "releaseMachine",
  subTask: "stop_node_sub_task",
  step: ["stop_nodes", "Stopping nodes"],
};

function reclone(type: string): Round {
  return {
    type,
    tag: "initializeNodes",
    subTask: "reclone_node_sub_task",
    step: ["reclone_nodes", "Reinstalling nodes"],
  };
}

function round(work: Work, { type, tag, subTask, step }: Round): TaskType {
  return clusterTask({
    type,
    steps: {
      check_nodes: stage(work, { tag, ms: 700, message: "Checking the nodes", does: nameTask }),
      [step[0]]: stage(work, { tag, message: step[1], does: eachNode(subTask) }),
      verify_nodes: stage(work, { tag, ms: 900, message: "Checking the result" }),
    },
    ofMembers: true,
    ended: backToUse(subTask),
  });
}

/** DescribeCluster shows the task that worked on the cluster last. */
export const nameTask: StepHandler = async (_input, context) => {
  setCluster(context.resources, clusterIdOf(context), context.now(), { TaskId: context.taskId });
};
