// Runs jobs of tests side by side, and gathers what Node's test runner tells of each.
import { join } from "node:path";
import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { root } from "./steps.ts";
import type { TestJob } from "./test-plan.ts";

const TIMEOUT_MS = 600_000;
const GROUP = join(import.meta.dirname, "test-group.ts");

export type { TestEvent };

/** How many tests ended how. */
export type Counts = Extract<TestEvent, { type: "test:summary" }>["data"]["counts"];

export interface JobResult {
  readonly job: TestJob;
  readonly passed: boolean;
  readonly counts: Counts;
  readonly seconds: number;
  readonly events: readonly TestEvent[];
  /** Files of which nothing was heard, because their process ended before their turn. */
  readonly unheard: readonly string[];
}

/** Runs all jobs in their order, `atOnce` of them at a time. `told` hears of each as it ends. */
export async function runJobs(
  jobs: readonly TestJob[],
  atOnce: number,
  told: (result: JobResult) => void,
): Promise<readonly JobResult[]> {
  const stop = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, () => stop.abort());
  const waiting = jobs.values();
  const results: JobResult[] = [];
  const worker = async () => {
    for (const job of waiting) {
      const result = await runJob(job, stop.signal);
      results.push(result);
      told(result);
      if (stop.signal.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** A job of several files is one process that loads them all. */
async function runJob(job: TestJob, signal: AbortSignal): Promise<JobResult> {
  const [file = "", ...others] = job.files;
  const began = performance.now();
  const stream = run({
    ...(others.length === 0 ? { files: [join(root, file)] } : { files: [GROUP], argv: job.files }),
    concurrency: 1,
    timeout: TIMEOUT_MS,
    signal,
  });
  const events: TestEvent[] = [];
  let counts: Counts | undefined;
  let passed = false;
  for await (const event of stream as AsyncIterable<TestEvent>) {
    // One comes from the process, with its file, and one of all processes, without.
    if (event.type !== "test:summary") events.push(event);
    else if (event.data.file === undefined) ({ counts, success: passed } = event.data);
  }
  if (counts === undefined) throw new Error(`${job.name}: the test runner gave no summary`);
  const unheard = others.length === 0 ? [] : unheardOf(job.files, events);
  const seconds = (performance.now() - began) / 1_000;
  return { job, passed: passed && unheard.length === 0, counts, seconds, events, unheard };
}

/** test-group.ts makes a suite of each file, by its name. */
function unheardOf(files: readonly string[], events: readonly TestEvent[]): readonly string[] {
  const heard = new Set<string>();
  for (const { type, data } of events) {
    if ((type === "test:pass" || type === "test:fail") && data.nesting === 0) heard.add(data.name);
  }
  return files.filter((file) => !heard.has(file));
}
