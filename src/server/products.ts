// The products whose tasks the engine can start: our own, the simulated ones, and those of dialects in the configuration.
import type { AccountHoldings } from "../access/accounts/account-holdings.ts";
import type { LimitReader } from "../access/limits/account-limits.ts";
import type { QuotaKeeper } from "../access/limits/quotas.ts";
import type { TaskDoors } from "../access/policies/task-doors.ts";
import { bulkType } from "../bulk/bulk.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/settings.ts";
import type { Product } from "../core/product.ts";
import { ACCESS } from "../dialects/access/dialect.ts";
import { conflictAmong } from "../dialects/conflicts.ts";
import type { DialectFacts } from "../dialects/dialect.ts";
import { DIALECTS } from "../dialects/registry.ts";
import type { Engine } from "../engine/engine.ts";
import { newNativeTaskId } from "../engine/native-ids.ts";
import { createProducts } from "../products/registry.ts";
import type { RightsOf } from "../task-rights.ts";

/** The product of task types that belong to no vendor. */
const NATIVE = "native";

/** Parts that our own steps use, and that are made after the products. */
export interface Running {
  engine?: Engine;
  quotas?: QuotaKeeper;
  holdings?: AccountHoldings;
  limits?: () => LimitReader;
  taskDoors?: TaskDoors;
  /** Absent: nobody is held to policies. */
  rightsOf?: RightsOf;
}

/** @throws ConfigError for dialects that cannot be told apart, and for a task type of a product that is not there. */
export function productsOf(config: Config, running: Running): readonly Product[] {
  const conflict = conflictAmong([...DIALECTS, ACCESS, ...config.dialects]);
  if (conflict !== undefined) throw new ConfigError(conflict);
  const own = config.dialects.map(productOf);
  return withOwnTypes([nativeProduct(running), ...createProducts(config), ...own], config);
}

/** A dialect without a product of its own shows the task types that are given in the configuration. */
function productOf({ name, product, taskIdPrefix = "" }: DialectFacts): Product {
  if (product !== undefined) return product;
  const newTaskId: Product["newTaskId"] = (now, random) =>
    `${taskIdPrefix}${newNativeTaskId(now, random)}`;
  return { name, types: [], operations: {}, queries: {}, newTaskId, world: [] };
}

function withOwnTypes(
  products: readonly Product[],
  { types }: Pick<Config, "types">,
): readonly Product[] {
  const names = products.map(({ name }) => name);
  const lost = types.find(({ product = NATIVE }) => !names.includes(product));
  if (lost !== undefined) {
    throw new ConfigError(
      `task type "${lost.type}" is of product "${lost.product}"; give one of ${names.join(", ")}`,
    );
  }
  return products.map((one) => {
    const own = types.filter(({ product = NATIVE }) => product === one.name);
    return own.length === 0 ? one : { ...one, types: [...one.types, ...own] };
  });
}

/** The product of task types that belong to no vendor: those of the configuration, and our own. */
function nativeProduct(running: Running): Product {
  const service = () => {
    const { engine } = running;
    if (engine === undefined) throw new TypeError("a step ran before there was an engine");
    return engine;
  };
  const admit = (account: string) => running.quotas?.reserveOrThrow(account);
  return {
    name: NATIVE,
    types: [bulkType(service, admit, () => running.rightsOf)],
    operations: {},
    queries: {},
    newTaskId: newNativeTaskId,
    world: [],
  };
}
