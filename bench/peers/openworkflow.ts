import { join } from "node:path";
import { type Driver, INPUT, STEPS } from "./driver.ts";
import { load } from "./install.ts";
import { Waiting } from "./waiting.ts";

interface Completion {
  readonly workflowRunId: string;
}

interface Backend {
  completeWorkflowRun(completion: Completion): Promise<unknown>;
  stop(): Promise<void>;
}

interface Step {
  run(options: { name: string }, action: () => Promise<void>): Promise<void>;
}

interface OpenWorkflowModule {
  readonly OpenWorkflow: new (settings: {
    backend: Backend;
  }) => {
    defineWorkflow(
      spec: { name: string },
      workflow: (facts: { step: Step }) => Promise<void>,
    ): { run(input: object): Promise<{ readonly workflowRun: { readonly id: string } }> };
    newWorker(settings: object): { start(): Promise<void>; stop(): Promise<void> };
  };
}

interface SqliteModule {
  readonly BackendSqlite: { connect(file: string): Backend };
}

export interface OpenWorkflowOptions {
  readonly installed: string;
  readonly directory: string;
}

/** On SQLite (WAL, synchronous FULL), with a hundred tasks at once. Ends are observed when they are written, without polling. */
export async function openOpenWorkflow(options: OpenWorkflowOptions): Promise<Driver> {
  const { installed, directory } = options;
  const { OpenWorkflow } = await load<OpenWorkflowModule>(installed, "openworkflow");
  const { BackendSqlite } = await load<SqliteModule>(installed, "openworkflow/sqlite");
  const backend = BackendSqlite.connect(join(directory, "openworkflow.db"));
  const waiting = new Waiting();
  const complete = backend.completeWorkflowRun.bind(backend);
  backend.completeWorkflowRun = async (completion) => {
    const result = await complete(completion);
    waiting.done(completion.workflowRunId);
    return result;
  };
  const client = new OpenWorkflow({ backend });
  const workflow = client.defineWorkflow({ name: "task" }, async ({ step }) => {
    for (const name of STEPS) await step.run({ name }, async () => {});
  });
  const worker = client.newWorker({ concurrency: 100 });
  await worker.start();
  return {
    run: async () => {
      const { workflowRun } = await workflow.run(INPUT);
      await waiting.until(workflowRun.id);
    },
    close: async () => {
      await worker.stop();
      await backend.stop();
    },
  };
}
