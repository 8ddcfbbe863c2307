import type { JsonObject } from "../../../core/json.ts";
import type { Resource, ResourceWriter } from "../../../core/resource.ts";
import type { StepContext, StepHandler } from "../../../core/step-context.ts";
import type { Task } from "../../../core/task.ts";
import type { TaskTypeDefinition } from "../../../core/task-type.ts";
import { isObject, oneByOne, type SimulatedWork, stringOf, stringsOf } from "../../simulation.ts";
import {
  change,
  changeIf,
  followSize,
  freeAddresses,
  NODE,
  type NodeFacts,
  nodeData,
  nodesOf,
  quotaOf,
} from "../resources.ts";
import { fail, needPool, stage } from "../stages.ts";

const JOINED = { state: "running", node_status: "Ready" };
const NEVER_JOINED = { state: "failed", node_status: "NotReady" };

/** The instances of the task. The operation has chosen their ids, or the caller has given them. */
function instanceIds(attributes: JsonObject): readonly string[] {
  return stringsOf(attributes["instanceIds"]);
}

export const announceInstances: StepHandler = async (_input, context) => {
  for (const id of instanceIds(context.attributes)) context.item(id, "initial");
};

/**
 * Creates the nodes up to the quota of the pool. Those beyond the quota fail here. An existing pool grows by the new nodes
 * (`grows`); a new pool has its final size from the beginning.
 */
function addNodes(
  work: SimulatedWork,
  source: NodeFacts["source"],
  { grows }: { readonly grows: boolean },
): StepHandler {
  return async (_input, context) => {
    const clusterId = stringOf(context.attributes["clusterId"]);
    const pool = await poolOf(context);
    const nodes = await nodesOf(context.resources, clusterId);
    const wanted = instanceIds(context.attributes);
    const taken = await takenElsewhere(context, wanted);
    const free = wanted.filter((id) => !taken.includes(id));
    const created = free.slice(0, freeSlots(pool, nodes));
    const addresses = freeAddresses(nodes, created.length);
    await oneByOne(work, context, created, 2_000, (instanceId, index) => {
      const facts = { instanceId, nodePoolId: pool.id, address: addresses[index] ?? "", source };
      const state = { state: "initial", createdAt: context.now() } as const;
      const machine = { ...machineOf(pool.data), ...requestedMachine(context.attributes) };
      const data = nodeData({ ...facts, ...machine, ...state });
      context.resources.put(NODE, instanceId, data, clusterId);
    });
    if (grows) followSize(context.resources, pool.id, nodes, { come: created });
    const refused = free.slice(created.length);
    for (const id of taken) context.item(id, "failed", TAKEN);
    for (const id of refused) context.item(id, "failed", quotaMessage(pool));
    return { instance_ids: created, failed_instance_ids: [...taken, ...refused] };
  };
}

/** The created nodes become ready, one by one. */
function joinNodes(work: SimulatedWork): StepHandler {
  return async (_input, context) => {
    const created = stringsOf(context.outputs["instance_ids"]);
    const lost: string[] = [];
    await oneByOne(work, context, created, 1_500, async (id) => {
      if ((await takenElsewhere(context, [id])).length > 0) {
        lost.push(id);
        context.item(id, "failed", TAKEN);
        return;
      }
      change(context.resources, NODE, id, JOINED);
      context.item(id, "success");
    });
    if (lost.length === 0) return;
    return { failed_instance_ids: [...stringsOf(context.outputs["failed_instance_ids"]), ...lost] };
  };
}

/** Fails the task if some of its instances could not be created. */
function verifyNodes(reason: string): StepHandler {
  return async (_input, context) => {
    const refused = stringsOf(context.outputs["failed_instance_ids"]);
    if (refused.length === 0) return;
    const wanted = instanceIds(context.attributes).length;
    const taken = await takenElsewhere(context, refused);
    const full = taken.length < refused.length;
    const why = full ? quotaMessage(await poolOf(context)) : TAKEN;
    const cause = `${refused.length} of ${wanted} instances could not be created: ${why}`;
    fail(context, full ? "QuotaExceed.ElasticQuota" : "ErrorInstanceInUse", reason, cause);
  };
}

interface JoiningStages {
  readonly source: NodeFacts["source"];
  /** Whether the pool exists already, so that it grows by the new nodes. */
  readonly grows: boolean;
  /** Start of the `reason` of the notices. */
  readonly event: string;
  /** Name and message of the stage that creates the nodes. */
  readonly create: readonly [name: string, message: string];
  readonly verify: { readonly ms: number; readonly message: string };
}

/** The stages in which new nodes are created, join the cluster and are verified. */
export function joiningStages(
  work: SimulatedWork,
  { source, grows, event, create, verify }: JoiningStages,
): TaskTypeDefinition["steps"] {
  return {
    [create[0]]: stage(work, { message: create[1], does: addNodes(work, source, { grows }) }),
    JoinCluster: stage(work, { message: "join instances to the cluster", does: joinNodes(work) }),
    VerifyNodes: stage(work, {
      ...verify,
      does: verifyNodes(`${event}Failed`),
      done: `${event}Succeed`,
    }),
  };
}

/** At the end of the task: instances that were created and did not join stay as failed nodes, as in the cloud. */
export async function settleNewNodes(task: Task, resources: ResourceWriter): Promise<void> {
  for (const { id, status } of task.items) {
    const node = await resources.get(NODE, id);
    if (node?.parent !== task.attributes["clusterId"]) continue;
    changeIf(resources, NODE, id, "initial", status === "success" ? JOINED : NEVER_JOINED);
  }
}

const TAKEN = "the instance is already a node";

/** The instances that another task has made nodes in the meantime, of this cluster or of another. */
async function takenElsewhere(
  { attributes, outputs, resources }: StepContext,
  ids: readonly string[],
): Promise<readonly string[]> {
  const own = stringsOf(outputs["instance_ids"]);
  const taken: string[] = [];
  for (const id of ids) {
    const node = await resources.get(NODE, id);
    const mine = node?.parent === attributes["clusterId"] && own.includes(id);
    if (node !== undefined && !mine) taken.push(id);
  }
  return taken;
}

function poolOf(context: StepContext): Promise<Resource> {
  return needPool(context, stringOf(context.attributes["nodePoolId"]));
}

/** How many more nodes the pool may have. */
function freeSlots(pool: Resource, nodes: readonly Resource[]): number {
  const members = nodes.filter((node) => node.data["nodepool_id"] === pool.id).length;
  return Math.max(0, quotaOf(pool) - members);
}

function quotaMessage(pool: Resource): string {
  return `node pool ${pool.id} may have at most ${quotaOf(pool)} nodes`;
}

type Machine = Pick<
  NodeFacts,
  "regionId" | "instanceType" | "imageId" | "chargeType" | "spotStrategy"
>;

/** The properties of the instances of a pool. */
export function machineOf(pool: JsonObject): Machine {
  const info = isObject(pool["nodepool_info"]) ? pool["nodepool_info"] : {};
  const group = isObject(pool["scaling_group"]) ? pool["scaling_group"] : {};
  return {
    regionId: stringOf(info["region_id"]),
    instanceType: stringsOf(group["instance_types"])[0] ?? "ecs.g7.xlarge",
    imageId: stringOf(group["image_id"]) || undefined,
    chargeType: stringOf(group["instance_charge_type"]) || undefined,
    spotStrategy: stringOf(group["spot_strategy"]) || undefined,
  };
}

/** Operations older than node pools give the properties of their instances themselves (attribute `machine`). */
function requestedMachine({ machine }: JsonObject): Partial<Machine> {
  return isObject(machine) ? machine : {};
}
