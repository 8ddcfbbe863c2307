import type { Product } from "../../core/product.ts";
import type { SimulatedWork } from "../simulation.ts";
import { addonOperations } from "./addons/addon-operations.ts";
import { addonTasks } from "./addons/addons.ts";
import { componentOperations } from "./addons/component-operations.ts";
import { componentTasks } from "./addons/components.ts";
import { clusterOperations } from "./clusters/cluster-operations.ts";
import { clusterTasks } from "./clusters/cluster-tasks.ts";
import { newTaskId } from "./ids.ts";
import { inspectionOperations } from "./inspections/inspection-operations.ts";
import { inspectionTasks } from "./inspections/inspections.ts";
import { nodeOperations } from "./nodes/node-operations.ts";
import { nodePoolOperations } from "./nodes/node-pool-operations.ts";
import { nodePoolTasks } from "./nodes/node-pool-tasks.ts";
import { nodeTasks } from "./nodes/node-tasks.ts";
import { queries } from "./queries.ts";
import { world } from "./world.ts";

/** Container Service for Kubernetes (`CS` 2015-12-15). */
export function createAck(work: SimulatedWork): Product {
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
