import type { JsonObject } from "../../../core/json.ts";
import type { StepContext, StepHandler } from "../../../core/step-context.ts";
import type { TaskType } from "../../../core/task-type.ts";
import { objectsOf, type SimulatedWork, stringOf } from "../../simulation.ts";
import { rollOut, settleRollOut } from "../apply.ts";
import { clusterTask, stage } from "../stages.ts";

/** A component of a node pool. Id: `<node pool id>/<name>`; parent: the pool. */
export const COMPONENT = "ack.component";

export function componentId(nodePoolId: string, name: string): string {
  return `${nodePoolId}/${name}`;
}

/** The tasks of the five component operations. The vendor does not publish their types (INFERRED). */
export function componentTasks(work: SimulatedWork): readonly TaskType[] {
  return [
    componentTask(work, "install", ({ resources, attributes }, component) => {
      const poolId = stringOf(attributes["nodePoolId"]);
      const id = componentId(poolId, stringOf(component["name"]));
      resources.put(COMPONENT, id, { ...component, state: "active" }, poolId);
    }),
    componentTask(work, "update", ({ resources, attributes }, component) => {
      const id = componentId(stringOf(attributes["nodePoolId"]), stringOf(component["name"]));
      resources.update(COMPONENT, id, (data) => ({ ...data, ...component }));
    }),
    componentTask(work, "uninstall", ({ resources, attributes }, component) => {
      resources.remove(
        COMPONENT,
        componentId(stringOf(attributes["nodePoolId"]), stringOf(component["name"])),
      );
    }),
  ];
}

type OneComponent = (context: StepContext, component: JsonObject) => void;

function componentTask(work: SimulatedWork, verb: string, each: OneComponent): TaskType {
  const event = `NodePoolComponent${verb[0]?.toUpperCase()}${verb.slice(1)}`;
  return clusterTask({
    type: `nodepool_component_${verb}`,
    steps: {
      PreCheck: stage(work, { ms: 600, message: "check the components", start: `${event}Start` }),
      RollOutNodes: stage(work, {
        ms: 200,
        message: `${verb} on nodes`,
        does: rollOut(work, 1_800),
      }),
      SaveRevision: stage(work, { ms: 700, message: "save the revision", does: save(each) }),
      PostCheck: stage(work, { ms: 500, message: "check the nodes", done: `${event}Succeed` }),
    },
    ended: settleRollOut,
  });
}

function save(each: OneComponent): StepHandler {
  return async (_input, context) => {
    for (const component of objectsOf(context.attributes["components"])) each(context, component);
  };
}
