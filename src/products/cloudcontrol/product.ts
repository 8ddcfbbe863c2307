import type { Product } from "../../core/product.ts";
import type { SimulatedWork } from "../simulation.ts";
import { newTaskId } from "./ids.ts";
import { operations } from "./operations.ts";
import { queries } from "./queries.ts";
import { cloudControlTasks } from "./tasks.ts";

/** Cloud Control API (`cloudcontrol` 2022-08-30). */
export function createCloudControl(work: SimulatedWork): Product {
  return {
    name: "cloudcontrol",
    types: cloudControlTasks(work),
    operations,
    queries,
    newTaskId,
    world: [],
  };
}
