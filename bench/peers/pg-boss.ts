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

interface Job {
  readonly data: { readonly task: string };
}

interface PgBossModule {
  readonly PgBoss: new (
    settings: object,
  ) => {
    on(event: "error", listener: (error: Error) => void): void;
    start(): Promise<unknown>;
    createQueue(name: string, options?: object): Promise<void>;
    work(name: string, options: object, handler: (jobs: Job[]) => Promise<void>): Promise<string>;
    send(name: string, data: object): Promise<string | null>;
    stop(options: object): Promise<void>;
  };
}

/** Batches of 100 and two workers, which NOTIFY wakes. Without NOTIFY, a single task waits half a second. */
export async function openPgBoss(options: PostgresOptions): Promise<Driver> {
  await createDatabase(options, "pgboss");
  const pool = await openPool(options, "pgboss");
  const progress = await openProgressTable(pool);
  const { PgBoss } = await load<PgBossModule>(options.installed, "pg-boss");
  const connectionString = urlOf(options.port, "pgboss");
  const boss = new PgBoss({ connectionString, max: 20, useListenNotify: true });
  boss.on("error", (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  await boss.start();
  await boss.createQueue("tasks", { notify: true });
  const waiting = new Waiting();
  const handler = async (jobs: Job[]) => {
    await Promise.all(
      jobs.map(async ({ data: { task } }) => {
        for (const step of STEPS.keys()) await progress.step(task, step + 1);
        waiting.done(task);
      }),
    );
  };
  const settings = { batchSize: 100, pollingIntervalSeconds: 0.5, localConcurrency: 2 };
  await boss.work("tasks", settings, handler);
  let tasks = 0;
  return {
    run: async () => {
      const task = String(tasks++);
      const ended = waiting.until(task);
      await progress.begin(task);
      await boss.send("tasks", { task, ...INPUT });
      await ended;
    },
    close: async () => {
      await boss.stop({ graceful: false });
      await pool.end();
    },
  };
}
