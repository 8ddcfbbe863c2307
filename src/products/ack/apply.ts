import type { Json, JsonObject } from "../../core/json.ts";
import type { ResourceWriter } from "../../core/resource.ts";
import type { StepHandler } from "../../core/step-context.ts";
import type { Task } from "../../core/task.ts";
import { isObject, oneByOne, stringOf, stringsOf, type Work } from "../simulation.ts";
import { CLUSTER, NODE, NODE_POOL } from "./resources.ts";

/*
 * Most ACK tasks change fields of a cluster, of a pool or of some nodes. Operations put the new values into the
 * attributes `clusterFields`, `poolFields` and `nodeFields` (with `instanceIds`); these handlers carry them out.
 */

export const applyToCluster: StepHandler = async (_input, { attributes, resources }) =>
  apply(resources, CLUSTER, stringOf(attributes["clusterId"]), attributes["clusterFields"]);

export const applyToPool: StepHandler = async (_input, { attributes, resources }) =>
  apply(resources, NODE_POOL, stringOf(attributes["nodePoolId"]), attributes["poolFields"]);

/** Nodes that the caller lets go side by side (`concurrency`) take a quarter of the time. */
export function spanOf(input: JsonObject, totalMs: number): number {
  return input["concurrency"] === true ? totalMs / 4 : totalMs;
}

/** Node by node; `totalMs` for all of them. */
export function rollOut(work: Work, totalMs: number): StepHandler {
  return async (input, context) => {
    const ids = stringsOf(context.attributes["instanceIds"]);
    for (const id of ids) context.item(id, "initial");
    await oneByOne(work, context, ids, spanOf(input, totalMs), (id) => {
      apply(context.resources, NODE, id, context.attributes["nodeFields"]);
      context.item(id, "success");
    });
  };
}

/** At the end: nodes that were done when the task was stopped keep what they got. */
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

/** Objects inside are merged, one level deep: `{auto_scaling: {enable: true}}` leaves the other fields of it alone. */
export function merged(data: JsonObject, fields: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...data };
  for (const [name, value] of Object.entries(fields)) {
    const old = result[name];
    result[name] = isObject(old) && isObject(value) ? { ...old, ...value } : value;
  }
  return result;
}
