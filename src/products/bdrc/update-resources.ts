import { defineTask } from "../../core/define-task.ts";
import type { StepHandler } from "../../core/step-context.ts";
import type { TaskType } from "../../core/task-type.ts";
import { isObject, oneByOne, type SimulatedWork, stringsOf } from "../simulation.ts";
import { saveInventory, takeInventory } from "./inventory.ts";

/** UPDATE_RESOURCES finds and counts the resources of the requested types. */
export function updateResources(work: SimulatedWork): TaskType {
  return defineTask({
    type: "UPDATE_RESOURCES",
    steps: {
      ConnectServices: async (_input, context) => work(context, 700),
      CollectResources: { run: collect(work), weight: 3 },
      SaveInventory: { run: save(work), weight: 2 },
    },
  });
}

function collect(work: SimulatedWork): StepHandler {
  return async (_input, context) => {
    const { resources, account, attributes } = context;
    await oneByOne(work, context, typesOf(attributes), 2_000, async (type) => {
      const { present } = await takeInventory(resources, type, account, context.now());
      context.message(`${present.length} resources of ${type}`);
    });
  };
}

function save(work: SimulatedWork): StepHandler {
  return async (_input, context) => {
    const { resources, account, attributes } = context;
    await work(context, 1_200);
    const resourceCounts: { resourceType: string; count: number }[] = [];
    for (const resourceType of typesOf(attributes)) {
      const found = await takeInventory(resources, resourceType, account, context.now());
      await saveInventory(resources, found, context.now());
      resourceCounts.push({ resourceType, count: found.present.length });
    }
    context.attribute("taskResult", { resourceCounts });
    return { resourceCounts };
  };
}

function typesOf(attributes: Parameters<StepHandler>[0]): readonly string[] {
  const detail = attributes["taskDetail"];
  return isObject(detail) ? stringsOf(detail["resourceTypes"]) : [];
}
