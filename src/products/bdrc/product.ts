import type { Product } from "../../core/product.ts";
import type { SimulatedWork } from "../simulation.ts";
import { precheckResourceCount, updateCrossAccounts } from "./account-tasks.ts";
import { checkRules } from "./check-rules.ts";
import { newTaskId } from "./ids.ts";
import { operations } from "./operations.ts";
import { queries } from "./queries.ts";
import { updateResources } from "./update-resources.ts";
import { world } from "./world.ts";

/** Backup and Disaster Recovery Center (`BDRC` 2023-08-08). */
export function createBdrc(work: SimulatedWork): Product {
  return {
    name: "bdrc",
    types: [
      updateResources(work),
      checkRules(work),
      precheckResourceCount(work),
      updateCrossAccounts(work),
    ],
    operations,
    queries,
    newTaskId,
    world,
  };
}
