import { TerminalError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { ResourceWriter } from "../../../core/resource.ts";
import type { StepContext, StepHandler } from "../../../core/step-context.ts";
import { PROGRESS_DONE, type Task } from "../../../core/task.ts";
import { optionalFlag } from "../../parameters.ts";
import { defined, isObject, stringOf, stringsOf } from "../../simulation.ts";
import { restNode } from "../resources.ts";
import { BUSY, type NodeSubTask } from "./node-sub-tasks.ts";

/** Starts one subtask for each node of the task, all at once, and waits for all of them. */
export function eachNode(type: NodeSubTask): StepHandler {
  return async (input, context) => {
    const nodeIds = stringsOf(context.attributes["nodeIds"]);
    for (const id of nodeIds) context.item(id, "initial");
    let ended = 0;
    const results = await Promise.allSettled(
      nodeIds.map(async (id) => {
        const failure = await runSubtask(type, id, input, context);
        context.progress((PROGRESS_DONE * ++ended) / nodeIds.length);
        return failure;
      }),
    );
    const failures = results.map((result) => {
      if (result.status === "rejected") throw result.reason; // the step has to stop
      return result.value;
    });
    failIfNodesFailed(
      context,
      input,
      failures.filter((failure) => failure !== undefined),
    );
  };
}

async function runSubtask(
  type: NodeSubTask,
  nodeId: string,
  input: JsonObject,
  context: StepContext,
): Promise<string | undefined> {
  const { clusterId, clusterName } = context.attributes;
  const task = await context.subtask({
    key: nodeId,
    type,
    input: { ...detailsOf(nodeId, input), NodeId: nodeId },
    target: { type: "node", id: nodeId },
    attributes: defined({ clusterId, clusterName, nodeIds: [nodeId] }),
  });
  if (task.state === "succeeded") {
    context.item(nodeId, "success");
    return undefined;
  }
  const why = `node ${nodeId}: ${task.error?.message ?? `its subtask ${task.id} is ${task.state}`}`;
  context.item(nodeId, "failed", why);
  return why;
}

/** The part of the request about this node, e.g. its new image. */
function detailsOf(nodeId: string, input: JsonObject): JsonObject {
  const nodes = Array.isArray(input["Nodes"]) ? input["Nodes"] : [];
  const own = nodes.find((node) => isObject(node) && node["NodeId"] === nodeId);
  const forAll = defined({ UserData: input["UserData"] });
  return isObject(own) ? { ...forAll, ...own } : forAll;
}

/** @throws TerminalError if nodes failed, unless the caller has set `IgnoreFailedNodeTasks`. */
export function failIfNodesFailed(
  context: StepContext,
  input: JsonObject,
  failures: readonly string[],
): void {
  if (failures.length === 0) return;
  const summary = `step ${context.step}: ${failures.length} node(s) failed: ${failures.join("; ")}`;
  context.message(summary);
  if (optionalFlag(input, "IgnoreFailedNodeTasks") !== true)
    throw new TerminalError("NodeTaskFailed", summary);
}

/** At the end of the task: nodes whose subtask never started get the state they had before. */
export function releaseNodes(type: NodeSubTask) {
  return async (task: Task, resources: ResourceWriter): Promise<void> => {
    for (const id of stringsOf(task.attributes["nodeIds"])) {
      restNode(resources, id, BUSY[type]);
    }
  };
}

export function clusterIdOf(task: Pick<Task, "attributes">): string {
  return stringOf(task.attributes["clusterId"]);
}
