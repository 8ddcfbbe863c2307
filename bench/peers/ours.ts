import type { Task } from "../../src/core/task.ts";
import { built } from "../load/built.ts";
import { ACCOUNT } from "../load/seed-tasks.ts";
import { type Driver, INPUT, STEPS } from "./driver.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The engine as the server has it, with the real store, and one task type of four steps that do nothing. */
export async function openOurs({ directory }: { readonly directory: string }): Promise<Driver> {
  const { engine, store } = await openEngine(directory);
  const caller = { account: ACCOUNT, requestId: "R-1", actor: "bench" };
  const waiting = new Map<string, () => void>();
  engine.onCommit((task) => {
    if (task.endedAt === undefined) return;
    waiting.get(task.id)?.();
    waiting.delete(task.id);
  });
  return {
    run: async () => {
      const task = await engine.submit({ type: "four-steps", input: INPUT }, caller);
      await ended(task, waiting);
    },
    commits: () => store.statistics.commits,
    close: () => engine.stop(0),
  };
}

/** A task needs several commits, so it cannot end before its submitter knows it. */
function ended(task: Task, waiting: Map<string, () => void>): Promise<void> {
  return new Promise((resolve) => waiting.set(task.id, resolve));
}

/** Tasks that are submitted with a start far in the future, to measure their memory. */
export async function openWaiting({ directory }: { readonly directory: string }): Promise<Driver> {
  const { engine } = await openEngine(directory);
  const caller = { account: ACCOUNT, requestId: "R-1", actor: "bench" };
  const tomorrow = Date.now() + 24 * 3_600_000;
  return {
    run: async () => {
      // Each task has its own copy of the text, as if it had come over the network.
      const input = JSON.parse(JSON.stringify(INPUT));
      await engine.submit({ type: "four-steps", input, notBefore: tomorrow }, caller);
    },
    close: () => engine.stop(0),
  };
}

async function openEngine(directory: string) {
  const { Engine } = await built("engine/engine.js");
  const { Catalog } = await built("engine/catalog.js");
  const { systemClock } = await built("clock.js");
  const { newNativeTaskId } = await built("engine/native-ids.js");
  const { LocalExecutor } = await built("engine/local/local-executor.js");
  const { defineTask } = await built("core/define-task.js");
  const { openSqliteStore } = await built("store/sqlite/sqlite-store.js");
  const nothing = async () => {};
  const type = defineTask({
    type: "four-steps",
    steps: Object.fromEntries(STEPS.map((step) => [step, nothing])),
  });
  const product = {
    name: "native",
    types: [type],
    operations: {},
    queries: {},
    newTaskId: newNativeTaskId,
    world: [],
  };
  const store = await openSqliteStore(directory);
  const engine = new Engine({
    store,
    clock: systemClock,
    catalog: new Catalog([product]),
    random: Math.random,
    log: SILENT,
    executor: (host) => new LocalExecutor(host),
  });
  await engine.start();
  return { engine, store };
}
