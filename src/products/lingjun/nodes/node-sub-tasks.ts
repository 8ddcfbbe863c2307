import { defineTask } from "../../../core/define-task.ts";
import { TerminalError } from "../../../core/errors.ts";
import type { ResourceWriter } from "../../../core/resource.ts";
import type { StepHandler } from "../../../core/step-context.ts";
import type { Task } from "../../../core/task.ts";
import type { TaskType, TaskTypeDefinition } from "../../../core/task-type.ts";
import { type SimulatedWork, stringOf } from "../../simulation.ts";
import { plannedStep, type StepPlan } from "../planned-step.ts";
import { leaveCluster, restNode, setNode } from "../resources.ts";

/** The state of a node while its subtask runs. The node shows it from the moment the operation is accepted. */
export const BUSY = {
  cut_node_sub_task: "Shrinking",
  reboot_node_sub_task: "Rebooting",
  reclone_node_sub_task: "Reimaging",
  stop_node_sub_task: "Stopping",
} as const;
export type NodeSubTask = keyof typeof BUSY;

/** Task types that work on one node. Larger tasks start one subtask of such a type for each of their nodes. */
export function nodeSubTasks(work: SimulatedWork): readonly TaskType[] {
  return [
    subTask(work, "cut_node_sub_task", {
      stop_node: { tag: "cutNodes", ms: 500, message: "Stopping the node" },
      clean_node: { tag: "cleanMachine", ms: 700, message: "Cleaning the physical machine" },
      release_node: {
        tag: "releaseNodes",
        ms: 500,
        message: "Releasing the node",
        does: async (input, context) => leaveCluster(context.resources, nodeId(input)),
      },
    }),
    subTask(work, "reboot_node_sub_task", {
      stop_node: { tag: "rebootNodes", ms: 700, message: "Stopping the node" },
      start_node: { tag: "rebootNodes", ms: 900, message: "Starting the node", does: setInUse },
    }),
    subTask(work, "stop_node_sub_task", {
      stop_node: {
        tag: "releaseMachine",
        ms: 1_400,
        message: "Stopping the node",
        does: async (input, context) => {
          setNode(context.resources, nodeId(input), { OperatingState: "Stopped" });
        },
      },
    }),
    subTask(work, "reclone_node_sub_task", {
      clean_node: { tag: "cleanNodes", ms: 500, message: "Cleaning the system disk" },
      install_image: {
        tag: "initializeNodes",
        ms: 1_000,
        message: "Installing the image",
        does: installImage,
      },
      start_node: { tag: "initializeNodes", ms: 500, message: "Starting the node", does: setInUse },
    }),
  ];
}

function subTask(
  work: SimulatedWork,
  type: NodeSubTask,
  stages: Readonly<Record<string, StepPlan>>,
): TaskType {
  const steps: Record<string, TaskTypeDefinition["steps"][string]> = {};
  for (const [name, plan] of Object.entries(stages)) steps[name] = plannedStep(work, plan);
  return defineTask({
    type,
    steps,
    onEnd: async (task: Task, resources: ResourceWriter) => {
      restNode(resources, nodeId(task.input), BUSY[type]);
    },
  });
}

const setInUse: StepHandler = async (input, context) => {
  setNode(context.resources, nodeId(input), { OperatingState: "Using" });
};

/** An image whose id contains `not-exist` does not exist. This is a way to make a node fail. */
export function isMissingImage(imageId: string): boolean {
  return imageId.includes("not-exist");
}

const installImage: StepHandler = async (input, context) => {
  const imageId = stringOf(input["ImageId"]);
  if (isMissingImage(imageId)) {
    const message = `step ${context.step}: node ${nodeId(input)}: image ${imageId} does not exist`;
    throw new TerminalError("InvalidImageId.NotFound", message);
  }
  const hostname = stringOf(input["Hostname"]);
  const userData = stringOf(input["UserData"]);
  setNode(context.resources, nodeId(input), {
    ...(imageId !== "" && { ImageId: imageId, ImageName: imageId }),
    ...(hostname !== "" && { Hostname: hostname }),
    ...(userData !== "" && { UserData: userData }),
  });
};

function nodeId(input: Task["input"]): string {
  return stringOf(input["NodeId"]);
}
