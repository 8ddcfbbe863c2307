import type { Product } from "../../core/product.ts";
import type { SimulatedWork } from "../simulation.ts";
import { clusterOperations } from "./clusters/cluster-operations.ts";
import { extendTypes, initializeTypes } from "./clusters/growth-tasks.ts";
import { changeTasks } from "./groups/change-tasks.ts";
import { groupOperations } from "./groups/group-operations.ts";
import { newTaskId } from "./ids.ts";
import { nodeOperations } from "./nodes/node-operations.ts";
import { nodeSubTasks } from "./nodes/node-sub-tasks.ts";
import { nodeTasks } from "./nodes/node-tasks.ts";
import { queries } from "./queries.ts";
import { world } from "./world.ts";

/** PAI Lingjun (`eflo-controller` 2022-12-15). */
export function createLingjun(work: SimulatedWork): Product {
  return {
    name: "lingjun",
    types: [
      ...initializeTypes(work),
      ...extendTypes(work),
      ...nodeTasks(work),
      ...nodeSubTasks(work),
      ...changeTasks(work),
    ],
    operations: { ...clusterOperations, ...nodeOperations, ...groupOperations },
    queries,
    newTaskId,
    world,
  };
}
