import type { StepState, TaskState } from "../../core/task.ts";

/** The constants of PAI Lingjun (eflo-controller). `routes.ts` makes the dialect of them. */
export const LINGJUN = {
  name: "lingjun",
  style: "rpc",
  version: "2022-12-15",
  productCode: "eflo-controller",
  hostLabels: ["eflo-controller", "eflo-controller-vpc"],
  pathPrefixes: [],
  // Source: the "Authorization information" of its pages.
  policy: {
    prefix: "eflo",
    resource: "cluster/{id}",
    idParameters: ["ClusterId"],
    taskParameters: ["TaskId"],
    acts: "target",
    refusal: "NoPermission",
    members: [
      {
        names: ["NodeId", "NodeIds", "Nodes", "nodeIds"],
        kind: "lingjun.node",
        field: "ClusterId",
      },
      { names: ["NodeGroupId", "TargetNodeGroupId", "nodeGroupId"], kind: "lingjun.nodegroup" },
    ],
    starts: {
      initialize_cluster: ["CreateCluster"],
      initialize_bare_cluster: ["CreateCluster"],
      initialize_ack_edge_cluster: ["CreateCluster"],
      extend_cluster: ["ExtendCluster"],
      extend_bare_cluster: ["ExtendCluster"],
      extend_ack_edge_cluster: ["ExtendCluster"],
      cut_cluster: ["ShrinkCluster"],
      cut_bare_cluster: ["ShrinkCluster"],
      reboot_node: ["RebootNodes"],
      stop_node: ["StopNodes"],
      reclone_node: ["ReimageNodes"],
      reclone_bare_node: ["ReimageNodes"],
      reclone_ack_edge_node: ["ReimageNodes"],
      cut_node_sub_task: ["ShrinkCluster"],
      reboot_node_sub_task: ["RebootNodes"],
      stop_node_sub_task: ["StopNodes"],
      reclone_node_sub_task: ["ReimageNodes"],
      change_node_group: ["ChangeNodeGroup"],
      change_node_types: ["ChangeNodeTypes"],
      update_node_group: ["UpdateNodeGroup"],
      release_cluster: ["DeleteCluster"],
      create_node_group: ["CreateNodeGroup"],
      delete_node_group: ["DeleteNodeGroup"],
    },
  },
  tasks: {
    stateField: "TaskState",
    ends: {
      execution_success: "succeeded",
      execution_fail: "failed",
      execution_failed: "failed",
      execution_cancelled: "canceled",
    },
    errorFields: { message: "Message" },
    taskIdPattern: "^i\\d",
    clientMethods: ["rebootNodes"],
  },
} as const;

/** This product has no words for a paused or canceling task. It shows such a task as running. */
export const STATE_WORDS = {
  pending: "waiting_to_run",
  running: "running",
  paused: "running",
  canceling: "running",
  succeeded: "execution_success",
  failed: "execution_fail",
  canceled: "execution_cancelled",
  expired: "execution_fail",
} as const satisfies Record<TaskState, string>;

/** A failed step is `execution_failed`, but a failed task is `execution_fail`. The seed has this difference. */
export const STEP_WORDS = {
  waiting: "running",
  running: "running",
  retrying: "running",
  succeeded: "execution_success",
  failed: "execution_failed",
  canceled: "execution_failed",
} as const satisfies Record<StepState, string>;

/** The label of a step that holds its stage tag, by language. */
export const STAGE_TAG_LABEL = { zh: "stageTag", en: "stageTagEn" } as const;
