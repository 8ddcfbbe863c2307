import { clockOver } from "../../src/clock.ts";
import type { TaskCommand } from "../../src/core/commands.ts";
import type { Product } from "../../src/core/product.ts";
import { FINAL_STATES } from "../../src/core/task.ts";
import { Catalog } from "../../src/engine/catalog.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { ExecutorHost } from "../../src/engine/executor.ts";
import { LocalExecutor } from "../../src/engine/local/local-executor.ts";
import type { ResourceBuffer } from "../../src/engine/memory/resource-buffer.ts";
import { createProducts } from "../../src/products/registry.ts";
import { Push } from "../../src/push/push.ts";
import { Webhooks } from "../../src/push/webhooks/webhooks.ts";
import type { Store } from "../../src/store/store.ts";
import { silent } from "../support/engine-bench.ts";
import { mortalWebhooks, receiver } from "./listeners.ts";
import { nativeProduct } from "./task-types.ts";
import type { World } from "./world.ts";

export const PRODUCTS: readonly Product[] = createProducts({ speed: 1 });

export type StepCommand = Extract<TaskCommand, { readonly attempt: number }>;

/** One life of the service, from its start to its end. Its memory continues to exist after it. */
export class Life {
  readonly number: number;
  readonly engine: Engine;
  readonly push: Push;
  /** What executors ask for, without repetitions. */
  host: ExecutorHost | undefined;
  /** Running calls. Each is told if it will get no answer. */
  readonly calls = new Set<() => void>();
  over = false;

  constructor(world: World, number: number, store: Store) {
    this.number = number;
    const { profile, scheduler, random } = world;
    // One moment a turn, so that others can come between; seldom looked at, so that hours of rest are few steps.
    const clock = clockOver(scheduler.timeFor(this), { lookMs: 60_000, atOnce: 1 });
    const { retention, maxRunning, memory } = profile;
    const kept = Object.fromEntries(FINAL_STATES.map((state) => [state, retention]));
    this.engine = new Engine({
      store,
      clock,
      random: random.next,
      log: silent,
      catalog: new Catalog([nativeProduct(world, this), ...PRODUCTS]),
      budgets: memory,
      ...(retention !== undefined && { retention: kept }),
      executor: (host) => {
        this.host = world.mutation.host?.(host, () => this.engine) ?? host;
        return new LocalExecutor(repeating(world, this, this.host), { maxRunning });
      },
    });
    const { engine } = this;
    this.push = new Push({ service: engine, clock, onCommit: (told) => engine.onCommit(told) });
    const webhooks = mortalWebhooks(world, this);
    this.push.webhooks = new Webhooks({
      store: world.mutation.webhooks?.(webhooks) ?? webhooks,
      service: engine,
      feed: this.push.feed,
      clock,
      random: random.next,
      send: receiver(world, this),
      log: silent,
    });
  }

  async start(): Promise<void> {
    await this.engine.start();
    await this.push.webhooks?.start();
  }

  /** In the order of src/server/start-server.ts. */
  async stop(drainMs: number): Promise<void> {
    this.push.stop();
    await this.push.webhooks?.stop();
    await this.engine.stop(drainMs);
  }
}

/** Reports arrive, and sometimes arrive again later. */
function repeating(world: World, life: Life, host: ExecutorHost): ExecutorHost {
  return {
    ...host,
    handle: (taskId: string, command: TaskCommand, resources?: ResourceBuffer) => {
      if ("attempt" in command) {
        world.remember(life, taskId, command, resources);
        if (world.random.chance(world.profile.repeat)) {
          world.scheduler.add("turn", () => {
            if (!life.over) host.handle(taskId, command, resources).catch(() => undefined);
          });
        }
      }
      return host.handle(taskId, command, resources);
    },
  };
}
