import { type Driver, INPUT, STEPS } from "./driver.ts";
import { load } from "./install.ts";
import { Waiting } from "./waiting.ts";

interface Job {
  readonly id: string;
  readonly data: { readonly task: string; readonly step: number; readonly input: object };
  updateProgress(value: number): Promise<void>;
}

interface BullMq {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    add(name: string, data: Job["data"]): Promise<Job>;
    close(): Promise<void>;
  };
  readonly Worker: new (
    name: string,
    handler: (job: Job) => Promise<void>,
    options: object,
  ) => {
    on(event: "completed", listener: (job: Job) => void): void;
    close(): Promise<void>;
  };
}

export interface BullMqOptions {
  readonly installed: string;
  readonly port: number;
  /** `progress`: one job that updates its progress after each step. `chain`: each step is a job that adds the next. */
  readonly mode: "progress" | "chain";
}

export async function openBullMq({ installed, port, mode }: BullMqOptions): Promise<Driver> {
  const { Queue, Worker } = await load<BullMq>(installed, "bullmq");
  const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
  const queue = new Queue(mode, { connection });
  const waiting = new Waiting();
  const handler = mode === "progress" ? progress : (job: Job) => next(queue, job);
  const worker = new Worker(mode, handler, { connection, concurrency: 32 });
  worker.on("completed", ({ data }) => {
    if (mode === "progress" || data.step === STEPS.length) waiting.done(data.task);
  });
  let tasks = 0;
  return {
    run: async () => {
      const task = String(tasks++);
      const ended = waiting.until(task);
      await queue.add("task", { task, step: 1, input: INPUT });
      await ended;
    },
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
}

async function progress(job: Job): Promise<void> {
  for (const step of STEPS.keys()) await job.updateProgress((step + 1) * 25);
}

async function next(
  queue: { add(name: string, data: Job["data"]): Promise<Job> },
  { data }: Job,
): Promise<void> {
  if (data.step < STEPS.length) await queue.add("task", { ...data, step: data.step + 1 });
}
