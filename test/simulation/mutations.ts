import type { TaskCommand } from "../../src/core/commands.ts";
import { findStep } from "../../src/core/task.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { ExecutorHost } from "../../src/engine/executor.ts";
import type { ResourceBuffer } from "../../src/engine/memory/resource-buffer.ts";
import type { Append, AppendResult, Store } from "../../src/store/store.ts";
import type { WebhookStore } from "../../src/store/webhook-store.ts";
import { ACCOUNTS } from "./requests.ts";
import type { Mortal } from "./store.ts";
import type { World } from "./world.ts";

/** A bug that the test inserts between the parts. The shipped code does not contain it. */
export interface Mutation {
  readonly store?: (store: Store, world: World, life: Mortal) => Store;
  readonly webhooks?: (store: WebhookStore) => WebhookStore;
  readonly host?: (host: ExecutorHost, engine: () => Engine) => ExecutorHost;
}

export const NO_MUTATION: Mutation = {};

export const MUTATIONS = {
  "late step reports are not fenced": {
    host: (host, engine) => ({
      ...host,
      handle: (taskId: string, command: TaskCommand, resources?: ResourceBuffer) =>
        host.handle(taskId, unfenced(engine(), taskId, command), resources),
    }),
  },
  "an append skips the version check": {
    store: (store) => overriding(store, { append: (append) => unchecked(store, append) }),
  },
  "an append is told before it is committed": {
    store: (store, world, life) =>
      overriding(store, { append: (append) => toldEarly(store, append, world, life) }),
  },
  "a stream that goes on leaves out an entry": {
    store: (store) =>
      overriding(store, {
        readEvents: async (query) => {
          const page = await store.readEvents(query);
          return query.taskId === undefined && query.after > 0 && query.limit > 1
            ? page.slice(1)
            : page;
        },
      }),
  },
  "a restore forgets the epochs before it": {
    store: (store) => overriding(store, { logEpochs: store.logEpochs.slice(-1) }),
  },
  "a webhook's position is noted before what is there has been delivered": {
    webhooks: (store) => ({
      ...store,
      all: async () =>
        (await store.all()).map((one) => ({ ...one, cursor: one.cursor && one.cursor + 1 })),
    }),
  },
} as const satisfies Record<string, Mutation>;

export function overriding(store: Store, own: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      return typeof value === "function" && !(name in own) ? value.bind(target) : value;
    },
  });
}

/** Treats every report as one of the running attempt. */
function unfenced(engine: Engine, taskId: string, command: TaskCommand): TaskCommand {
  if (!("attempt" in command)) return command;
  const task = ACCOUNTS.map((account) => engine.peek(account, taskId)).find((one) => one);
  const step = task && findStep(task, command.step);
  const attempt = (step?.undo ?? step)?.attempt;
  return attempt === undefined ? command : { ...command, attempt };
}

/** Accepts every expected version of a task. */
async function unchecked(store: Store, append: Append): Promise<AppendResult> {
  const result = await store.append(append);
  if (result.outcome !== "version-conflict" || append.expectedVersion === 0) return result;
  const found = await store.read(append.task.account, append.taskId);
  const version = found?.version ?? 0;
  const task = { ...append.task, version: version + append.events.length };
  return store.append({ ...append, expectedVersion: version, task });
}

/** Answers at the end of the turn, without waiting for the commit. */
async function toldEarly(
  store: Store,
  append: Append,
  world: World,
  life: Mortal,
): Promise<AppendResult> {
  const committed = store.append(append);
  // Refusals are correct. Only appends are answered too early.
  const early = new Promise<AppendResult>((resolve) =>
    world.scheduler.add("answer", () => {
      if (!life.over) resolve({ outcome: "appended", position: Number.MAX_SAFE_INTEGER, bytes: 0 });
    }),
  );
  return Promise.race([committed, early]);
}
