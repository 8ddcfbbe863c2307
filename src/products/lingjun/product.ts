import type { Product } from "../../core/product.ts";
import type { Work } from "../simulation.ts";
import { changeTasks } from "./change-tasks.ts";
import { clusterOperations } from "./cluster-operations.ts";
import { groupOperations } from "./group-operations.ts";
import { extendTypes, initializeTypes } from "./grow.ts";
import { newTaskId } from "./ids.ts";
import { nodeOperations } from "./node-operations.ts";
import { nodeSubTasks } from "./node-sub-tasks.ts";
import { nodeTasks } from "./node-tasks.ts";
import { queries } from "./queries.ts";
import { world } from "./world.ts";

/** PAI Lingjun (`eflo-controller` 2022-12-15). */
export function createLingjun(work: Work): Product {
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
