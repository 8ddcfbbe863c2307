import { EventEmitter } from "node:events";
import { type Driver, INPUT, STEPS } from "./driver.ts";
import { load } from "./install.ts";
import {
  createDatabase,
  openPool,
  openProgressTable,
  type PostgresOptions,
  urlOf,
} from "./postgres.ts";
import { Waiting } from "./waiting.ts";

interface Runner {
  addJob(task: string, payload: object): Promise<unknown>;
  stop(): Promise<void>;
}

interface Graphile {
  run(settings: object): Promise<Runner>;
  readonly Logger: new (factory: () => () => void) => object;
}

interface Payload {
  readonly task: string;
}

/** Local queue and batched completion, ten at once. */
export async function openGraphile(options: PostgresOptions): Promise<Driver> {
  await createDatabase(options, "graphile");
  const pool = await openPool(options, "graphile");
  const progress = await openProgressTable(pool);
  const { run, Logger } = await load<Graphile>(options.installed, "graphile-worker");
  const waiting = new Waiting();
  const events = new EventEmitter();
  events.on("job:complete", ({ job }: { job: { payload: Payload } }) =>
    waiting.done(job.payload.task),
  );
  const runner = await run({
    connectionString: urlOf(options.port, "graphile"),
    logger: new Logger(() => () => {}),
    noHandleSignals: true,
    events,
    preset: {
      worker: {
        concurrentJobs: 10,
        maxPoolSize: 20,
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        localQueue: { size: 200 },
      },
    },
    taskList: {
      task: async ({ task }: Payload) => {
        for (const step of STEPS.keys()) await progress.step(task, step + 1);
      },
    },
  });
  let tasks = 0;
  return {
    run: async () => {
      const task = String(tasks++);
      const ended = waiting.until(task);
      await progress.begin(task);
      await runner.addJob("task", { task, ...INPUT });
      await ended;
    },
    close: async () => {
      await runner.stop();
      await pool.end();
    },
  };
}
