import type { Json, JsonObject } from "../../core/json.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { StepHandler } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import { isObject, oneByOne, type SimulatedWork, stringOf, stringsOf } from "../simulation.ts";
import { CLUSTER, NODE, NODE_POOL } from "./resources.ts";

/*
 * Most ACK tasks change fields of a cluster, of a pool or of some nodes. Operations put the new values into the
 * attributes `clusterFields`, `poolFields` and `nodeFields` (with `instanceIds`). These handlers write them to the resources.
 */

export const applyToCluster: StepHandler = async (_input, { attributes, resources }) =>
  apply(resources, CLUSTER, stringOf(attributes["clusterId"]), attributes["clusterFields"]);

export const applyToPool: StepHandler = async (_input, { attributes, resources }) =>
  apply(resources, NODE_POOL, stringOf(attributes["nodePoolId"]), attributes["poolFields"]);

/** The time for all nodes: a quarter of `totalMs` if the caller allows several at once (`concurrency`). */
export function durationOf(input: JsonObject, totalMs: number): number {
  return input["concurrency"] === true ? totalMs / 4 : totalMs;
}

/** Changes one node after another. All of them together take `totalMs` at speed 1. */
export function rollOut(work: SimulatedWork, totalMs: number): StepHandler {
  return async (input, context) => {
    const ids = stringsOf(context.attributes["instanceIds"]);
    for (const id of ids) context.item(id, "initial");
    await oneByOne(work, context, ids, durationOf(input, totalMs), (id) => {
      apply(context.resources, NODE, id, context.attributes["nodeFields"]);
      context.item(id, "success");
    });
  };
}

/** At the end of the task: nodes that were changed before it stopped keep the change. */
export async function settleRollOut(task: Task, resources: ResourceWriter): Promise<void> {
  for (const { id, status } of task.items) {
    if (status === "success") apply(resources, NODE, id, task.attributes["nodeFields"]);
  }
}

function apply(
  resources: ResourceWriter,
  kind: string,
  id: string,
  fields: Json | undefined,
): void {
  if (isObject(fields)) resources.update(kind, id, (data) => merged(data, fields));
}

/** Merges objects inside too, one level deep: `{auto_scaling: {enable: true}}` keeps the other fields of `auto_scaling`. */
export function merged(data: JsonObject, fields: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...data };
  for (const [name, value] of Object.entries(fields)) {
    const old = result[name];
    result[name] = isObject(old) && isObject(value) ? { ...old, ...value } : value;
  }
  return result;
}
