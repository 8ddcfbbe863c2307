import type { Product } from "../../src/core/product.ts";
import type { TaskType } from "../../src/core/task-type.ts";
import { Catalog } from "../../src/engine/catalog.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions, Executor, ExecutorHost } from "../../src/engine/executor.ts";
import { LocalExecutor } from "../../src/engine/local/local-executor.ts";
import { newNativeTaskId } from "../../src/engine/native-ids.ts";
import type { Retention } from "../../src/engine/retention.ts";
import type { Sealer } from "../../src/engine/secrets.ts";
import type { Caller } from "../../src/engine/task-service.ts";
import type { Log } from "../../src/log.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { FakeClock } from "./fake-clock.ts";

export const caller: Caller = { account: "1000000000000001", requestId: "R-1", actor: "test" };

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export type MakeExecutor = (host: ExecutorHost) => Executor;

/** An engine on a fake clock, with the given task types under the product `native`. */
export async function startEngine(
  types: readonly TaskType[],
  options: {
    store?: Store;
    clock?: FakeClock;
    executor?: MakeExecutor;
    product?: Partial<Product>;
    log?: Log;
    retention?: Retention;
    sealer?: Sealer;
    limits?: EngineOptions["limits"];
    budgets?: EngineOptions["budgets"];
    /** Whether to wait for the start. Default: yes. */
    waits?: boolean;
  } = {},
) {
  const clock = options.clock ?? new FakeClock();
  const store = options.store ?? (await openSqliteStore(":memory:"));
  const product: Product = {
    name: "native",
    types,
    operations: {},
    queries: {},
    newTaskId: newNativeTaskId,
    world: [],
    ...options.product,
  };
  let seed = 1;
  const engine = new Engine({
    store,
    clock,
    catalog: new Catalog([product]),
    random: () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    },
    log: options.log ?? silent,
    ...(options.retention && { retention: options.retention }),
    ...(options.sealer && { sealer: options.sealer }),
    ...(options.limits && { limits: options.limits }),
    ...(options.budgets && { budgets: options.budgets }),
    executor: options.executor ?? ((host) => new LocalExecutor(host)),
  });
  const started = engine.start();
  if (options.waits !== false) await started;
  return { engine, store, clock, started };
}
