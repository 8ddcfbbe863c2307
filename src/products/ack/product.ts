import type { Product } from "../../core/task-type.ts";
import type { Work } from "../simulation.ts";
import { addonOperations } from "./addon-operations.ts";
import { addonTasks } from "./addons.ts";
import { clusterOperations } from "./cluster-operations.ts";
import { clusterTasks } from "./cluster-tasks.ts";
import { componentOperations } from "./component-operations.ts";
import { componentTasks } from "./components.ts";
import { newTaskId } from "./ids.ts";
import { inspectionOperations } from "./inspection-operations.ts";
import { inspectionTasks } from "./inspections.ts";
import { nodeOperations } from "./node-operations.ts";
import { nodePoolOperations } from "./node-pool-operations.ts";
import { nodePoolTasks } from "./node-pool-tasks.ts";
import { nodeTasks } from "./node-tasks.ts";
import { queries } from "./queries.ts";
import { world } from "./world.ts";

/** Container Service for Kubernetes (`CS` 2015-12-15). */
export function createAck(work: Work): Product {
  return {
    name: "ack",
    types: [
      ...clusterTasks(work),
      ...nodePoolTasks(work),
      ...nodeTasks(work),
      ...addonTasks(work),
      ...componentTasks(work),
      ...inspectionTasks(work),
    ],
    operations: {
      ...clusterOperations,
      ...nodePoolOperations,
      ...nodeOperations,
      ...addonOperations,
      ...componentOperations,
      ...inspectionOperations,
    },
    queries,
    newTaskId,
    world,
  };
}
