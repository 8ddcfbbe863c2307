import type { StepHandler } from "../../core/step-context.ts";
import type { TaskType, TaskTypeDefinition } from "../../core/task-type.ts";
import { stringOf, type Work } from "../simulation.ts";
import { clusterTask } from "./cluster-task.ts";
import { createGroups, initializeNodes, settleNodes } from "./joining.ts";
import { type ClusterKind, setCluster } from "./resources.ts";
import { stage } from "./stages.ts";

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

/** CreateCluster: a failed or canceled one leaves a cluster in state `failed`, to be deleted. */
export function initializeTypes(work: Work): readonly TaskType[] {
  return (["standard", "bare", "ack_edge"] as const).map((kind) =>
    growing(INITIALIZE[kind], true, {
      create_vpd: stage(work, {
        tag: "initializeNetwork",
        ms: 1_000,
        message: "Creating the cluster network",
        does: createGroups,
      }),
      ...MIDDLE[kind](work, "create_vpd"),
    }),
  );
}

/** ExtendCluster: the cluster goes on running, whatever the end. */
export function extendTypes(work: Work): readonly TaskType[] {
  return (["standard", "bare", "ack_edge"] as const).map((kind) =>
    growing(EXTEND[kind], false, {
      reserve_nodes: stage(work, {
        tag: "extendCluster",
        ms: 700,
        message: "Reserving nodes",
        does: createGroups,
      }),
      ...MIDDLE[kind](work, "reserve_nodes"),
    }),
  );
}

function growing(type: string, isNew: boolean, steps: Steps): TaskType {
  return clusterTask({
    type,
    steps,
    ended: settleNodes,
    ...(isNew && { endState: ({ state }) => (state === "succeeded" ? "running" : "failed") }),
  });
}

/** What follows the first step: two branches that meet again (so the first is `dispersive`), or one line if bare. */
const MIDDLE: Readonly<Record<ClusterKind, (work: Work, first: string) => Steps>> = {
  standard: (work, first) => ({
    configure_network: stage(work, {
      tag: "initializeNetwork",
      ms: 900,
      message: "Configuring subnets and routes",
      after: [first],
    }),
    initialize_nodes: nodes(work, first),
    activate_cluster: stage(work, {
      tag: "extendCluster",
      ms: 600,
      message: "Activating the nodes in the cluster",
      after: ["configure_network", "initialize_nodes"],
    }),
  }),
  bare: (work, first) => ({
    initialize_nodes: nodes(work, first),
    check_nodes: stage(work, { tag: "initializeNodes", ms: 500, message: "Checking the nodes" }),
  }),
  ack_edge: (work, first) => ({
    create_k8s_cluster: stage(work, {
      tag: "createKubernetes",
      ms: 1_500,
      message: "Preparing the K8s cluster",
      after: [first],
      does: component,
    }),
    initialize_nodes: nodes(work, first),
    join_k8s_cluster: stage(work, {
      tag: "createKubernetes",
      ms: 800,
      message: "Joining the nodes to the K8s cluster",
      after: ["create_k8s_cluster", "initialize_nodes"],
    }),
  }),
};

function nodes(work: Work, first: string) {
  return stage(work, {
    tag: "initializeNodes",
    message: "Initializing nodes",
    does: initializeNodes(work),
    after: [first],
  });
}

const component: StepHandler = async (_input, context) => {
  const clusterId = stringOf(context.attributes["clusterId"]);
  const component = { ComponentId: clusterId.replace(/^i./, "i9"), ComponentType: "ACKEdge" };
  setCluster(context.resources, clusterId, context.now(), { Components: [component] });
};
