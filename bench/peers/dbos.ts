import { type Driver, INPUT, STEPS } from "./driver.ts";
import { load } from "./install.ts";
import { createDatabase, type PostgresOptions, urlOf } from "./postgres.ts";

type Workflow = (input: object) => Promise<void>;

interface Dbos {
  setConfig(settings: object): void;
  registerWorkflow(workflow: Workflow, options: object): Workflow;
  runStep(step: () => Promise<void>, options: object): Promise<void>;
  launch(): Promise<void>;
  startWorkflow(workflow: Workflow): (input: object) => Promise<{ getResult(): Promise<unknown> }>;
  shutdown(): Promise<void>;
}

/** A workflow of four steps, started directly, with a pool of ten connections. */
export async function openDbos(options: PostgresOptions): Promise<Driver> {
  await createDatabase(options, "dbos_bench");
  const { DBOS } = await load<{ DBOS: Dbos }>(options.installed, "@dbos-inc/dbos-sdk");
  DBOS.setConfig({
    name: "bench",
    systemDatabaseUrl: urlOf(options.port, "dbos_bench"),
    systemDatabasePoolSize: 10,
    logLevel: "error",
  });
  const workflow = DBOS.registerWorkflow(
    async () => {
      for (const name of STEPS) await DBOS.runStep(async () => {}, { name });
    },
    { name: "task" },
  );
  await DBOS.launch();
  return {
    run: async () => {
      const handle = await DBOS.startWorkflow(workflow)(INPUT);
      await handle.getResult();
    },
    close: () => DBOS.shutdown(),
  };
}
