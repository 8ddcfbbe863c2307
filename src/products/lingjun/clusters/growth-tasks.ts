import type { StepHandler } from "../../../core/step-context.ts";
import type { TaskType, TaskTypeDefinition } from "../../../core/task-type.ts";
import { type SimulatedWork, stringOf } from "../../simulation.ts";
import { clusterTask } from "../cluster-task.ts";
import { plannedStep } from "../planned-step.ts";
import { type ClusterKind, setCluster } from "../resources.ts";
import { createGroups, initializeNodes, settleNodes } from "./joining.ts";

type Steps = TaskTypeDefinition["steps"];

export const INITIALIZE: Readonly<Record<ClusterKind, string>> = {
  standard: "initialize_cluster",
  bare: "initialize_bare_cluster",
  ack_edge: "initialize_ack_edge_cluster",
};
export const EXTEND: Readonly<Record<ClusterKind, string>> = {
  standard: "extend_cluster",
  bare: "extend_bare_cluster",
  ack_edge: "extend_ack_edge_cluster",
};

/** CreateCluster. If it fails or is canceled, the cluster stays in state `failed` and can only be deleted. */
export function initializeTypes(work: SimulatedWork): readonly TaskType[] {
  return (["standard", "bare", "ack_edge"] as const).map((kind) =>
    growthTask(INITIALIZE[kind], true, {
      create_vpd: plannedStep(work, {
        tag: "initializeNetwork",
        ms: 1_000,
        message: "Creating the cluster network",
        does: createGroups,
      }),
      ...LATER_STEPS[kind](work, "create_vpd"),
    }),
  );
}

/** ExtendCluster. The cluster is running again at the end, also if the task failed. */
export function extendTypes(work: SimulatedWork): readonly TaskType[] {
  return (["standard", "bare", "ack_edge"] as const).map((kind) =>
    growthTask(EXTEND[kind], false, {
      reserve_nodes: plannedStep(work, {
        tag: "extendCluster",
        ms: 700,
        message: "Reserving nodes",
        does: createGroups,
      }),
      ...LATER_STEPS[kind](work, "reserve_nodes"),
    }),
  );
}

function growthTask(type: string, isNew: boolean, steps: Steps): TaskType {
  return clusterTask({
    type,
    steps,
    ended: settleNodes,
    ...(isNew && { endState: ({ state }) => (state === "succeeded" ? "running" : "failed") }),
  });
}

/** The steps after the first one. In a bare cluster they run one after another, else in two branches that join again. */
const LATER_STEPS: Readonly<Record<ClusterKind, (work: SimulatedWork, first: string) => Steps>> = {
  standard: (work, first) => ({
    configure_network: plannedStep(work, {
      tag: "initializeNetwork",
      ms: 900,
      message: "Configuring subnets and routes",
      after: [first],
    }),
    initialize_nodes: nodes(work, first),
    activate_cluster: plannedStep(work, {
      tag: "extendCluster",
      ms: 600,
      message: "Activating the nodes in the cluster",
      after: ["configure_network", "initialize_nodes"],
    }),
  }),
  bare: (work, first) => ({
    initialize_nodes: nodes(work, first),
    check_nodes: plannedStep(work, {
      tag: "initializeNodes",
      ms: 500,
      message: "Checking the nodes",
    }),
  }),
  ack_edge: (work, first) => ({
    create_k8s_cluster: plannedStep(work, {
      tag: "createKubernetes",
      ms: 1_500,
      message: "Preparing the K8s cluster",
      after: [first],
      does: addComponent,
    }),
    initialize_nodes: nodes(work, first),
    join_k8s_cluster: plannedStep(work, {
      tag: "createKubernetes",
      ms: 800,
      message: "Joining the nodes to the K8s cluster",
      after: ["create_k8s_cluster", "initialize_nodes"],
    }),
  }),
};

function nodes(work: SimulatedWork, first: string) {
  return plannedStep(work, {
    tag: "initializeNodes",
    message: "Initializing nodes",
    does: initializeNodes(work),
    after: [first],
  });
}

const addComponent: StepHandler = async (_input, context) => {
  const clusterId = stringOf(context.attributes["clusterId"]);
  const component = { ComponentId: clusterId.replace(/^i./, "i9"), ComponentType: "ACKEdge" };
  setCluster(context.resources, clusterId, context.now(), { Components: [component] });
};
