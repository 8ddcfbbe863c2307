import type { StepContext, StepHandler } from "../../../core/step-context.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { optionalFlag } from "../../parameters.ts";
import { type SimulatedWork, stringOf, stringsOf } from "../../simulation.ts";
import { COMPONENT } from "../addons/components.ts";
import { applyToPool, rollOut, settleRollOut } from "../apply.ts";
import {
  followSize,
  freeAddresses,
  NODE,
  NODE_POOL,
  nodeData,
  nodesOf,
  removeInside,
} from "../resources.ts";
import { clusterTask, fail, needPool, stage } from "../stages.ts";
import { checkPoolUpgrade } from "../upgrade-checks.ts";
import { announceInstances, joiningStages, machineOf, settleNewNodes } from "./new-nodes.ts";

/** Tasks on one node pool. */
export function nodePoolTasks(work: SimulatedWork): readonly TaskType[] {
  return [
    nodePoolCreate(work),
    nodePoolDelete(work),
    nodePoolUpgrade(work),
    rollingChange(work, {
      type: "nodepool_update",
      event: "NodePoolUpdate",
      check: "check the change",
      resize: resizePool(work),
      roll: ["UpdateNodes", "update nodes"],
    }),
    rollingChange(work, {
      type: "nodepool_repair",
      event: "NodePoolRepair",
      check: "diagnose the nodes",
      roll: ["RepairNodes", "repair nodes"],
    }),
    rollingChange(work, {
      type: "nodepool_vul_fix",
      event: "NodePoolVulFix",
      check: "check the vulnerabilities",
      roll: ["FixVulnerabilities", "fix vulnerabilities"],
    }),
  ];
}

/** CreateClusterNodePool: the pool exists at once, in state `initial`. The task adds its nodes one by one. */
function nodePoolCreate(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "nodepool_create",
    steps: {
      CheckParameters: stage(work, {
        ms: 600,
        message: "check the parameters",
        start: "NodePoolCreateStart",
        does: announceInstances,
      }),
      CreateScalingGroup: stage(work, {
        ms: 1_200,
        message: "create the scaling group",
      }),
      ...joiningStages(work, {
        source: "ess",
        grows: false,
        event: "NodePoolCreate",
        create: ["CreateInstances", "create instances"],
        verify: { ms: 600, message: "verify the node pool" },
      }),
    },
    ended: settleNewNodes,
  });
}

function nodePoolDelete(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "nodepool_delete",
    steps: {
      DrainNodes: stage(work, {
        ms: 900,
        message: "drain nodes",
        start: "NodePoolDeleteStart",
        does: checkForce,
      }),
      RemoveNodes: stage(work, { ms: 1_400, message: "remove nodes", does: removeMembers }),
      DeleteScalingGroup: stage(work, {
        ms: 800,
        message: "delete the scaling group",
        done: "NodePoolDeleteSucceed",
        does: async (_input, { attributes, resources }) => {
          const poolId = stringOf(attributes["nodePoolId"]);
          await removeInside(resources, poolId, [COMPONENT]);
          resources.remove(NODE_POOL, poolId);
        },
      }),
    },
  });
}

function members({ attributes, resources }: StepContext) {
  return nodesOf(resources, stringOf(attributes["clusterId"]), stringOf(attributes["nodePoolId"]));
}

/** Checks again what the operation has checked: nodes may have joined since then. */
const checkForce: StepHandler = async (input, context) => {
  const { length } = await members(context);
  if (length === 0 || optionalFlag(input, "force") === true) return;
  const cause = `force is required (true) because the node pool has ${length} nodes; set it, or remove them first`;
  fail(context, "InvalidStatus.Forbidden", "NodePoolDeleteFailed", cause);
};

const removeMembers: StepHandler = async (_input, context) => {
  for (const { id } of await members(context)) {
    context.resources.remove(NODE, id);
    context.item(id, "success");
  }
};

/** UpgradeClusterNodepool. PreCheck fails if the version is unknown or newer than that of the cluster. */
function nodePoolUpgrade(work: SimulatedWork): TaskType {
  return clusterTask({
    type: "nodepool_upgrade",
    steps: {
      PreCheck: stage(work, {
        ms: 700,
        message: "check the node pool before the upgrade",
        start: "NodePoolUpgradeStart",
        does: checkPoolUpgrade,
      }),
      DrainNodes: stage(work, { ms: 900, message: "drain nodes" }),
      UpgradeNodes: stage(work, { message: "upgrade nodes", does: rollOut(work, 2_000) }),
      PostCheck: stage(work, {
        ms: 600,
        message: "check the node pool after the upgrade",
        does: applyToPool,
        done: "NodePoolUpgradeSucceed",
      }),
    },
    ended: settleRollOut,
  });
}

/** ModifyClusterNodePool with another `desired_size`: adds or removes nodes, either all of them or none. */
function resizePool(work: SimulatedWork): StepHandler {
  return async (_input, context) => {
    const { attributes, resources } = context;
    const clusterId = stringOf(attributes["clusterId"]);
    const added = stringsOf(attributes["newInstanceIds"]);
    const removed = stringsOf(attributes["oldInstanceIds"]);
    if (added.length + removed.length === 0) return;
    const pool = await needPool(context, stringOf(attributes["nodePoolId"]));
    await work(context, 1_200);
    const nodes = await nodesOf(resources, clusterId);
    const addresses = freeAddresses(nodes, added.length);
    for (const [index, instanceId] of added.entries()) {
      const facts = { instanceId, nodePoolId: pool.id, address: addresses[index] ?? "" };
      const state = { source: "ess", state: "running", createdAt: context.now() } as const;
      const data = nodeData({ ...facts, ...machineOf(pool.data), ...state });
      resources.put(NODE, instanceId, data, clusterId);
    }
    for (const id of removed) resources.remove(NODE, id);
    for (const id of [...added, ...removed]) context.item(id, "success");
    followSize(resources, pool.id, nodes, { come: added, go: removed });
    return { instance_ids: added, released_instance_ids: removed };
  };
}

interface RollingChange {
  readonly type: string;
  /** Start of the `reason` of its notices. */
  readonly event: string;
  readonly check: string;
  /** Brings the pool to its desired size, in task types that may change the size. */
  readonly resize?: StepHandler;
  /** Name and message of the stage that changes one node after another. */
  readonly roll: readonly [name: string, message: string];
}

/** A task that checks, changes the pool, then changes one node after another. */
function rollingChange(
  work: SimulatedWork,
  { type, event, check, resize, roll }: RollingChange,
): TaskType {
  return clusterTask({
    type,
    steps: {
      PreCheck: stage(work, { ms: 600, message: check, start: `${event}Start` }),
      UpdateNodePool: stage(work, { ms: 800, message: "update the node pool", does: applyToPool }),
      ...(resize && { ScaleNodes: stage(work, { message: "scale the node pool", does: resize }) }),
      [roll[0]]: stage(work, { ms: 200, message: roll[1], does: rollOut(work, 1_800) }),
      PostCheck: stage(work, { ms: 500, message: "check the nodes", done: `${event}Succeed` }),
    },
    ended: settleRollOut,
  });
}
