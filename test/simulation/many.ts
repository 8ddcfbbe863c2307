import { Worker } from "node:worker_threads";
import { added, type Tally } from "./tally.ts";

export interface Failed {
  readonly seed: number;
  readonly violations: readonly string[];
}

/** What a worker is given, and what it says of each of them. */
export interface Tested extends Failed {
  readonly digest: string;
  readonly tally: Tally;
}

export interface Outcome {
  /** In order. */
  readonly failed: readonly Failed[];
  readonly tally: Tally;
}

/** Runs the seeds in several threads. */
export async function runSeeds(
  seeds: readonly number[],
  workers: number,
  progress: (done: number, failed: number) => void = () => {},
): Promise<Outcome> {
  const left = seeds.values();
  const failed: Failed[] = [];
  let done = 0;
  let all: Tally = {};
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url));
      const next = () => {
        const { value: seed, done: none } = left.next();
        if (none) void worker.terminate().then(() => resolve());
        else worker.postMessage(seed);
      };
      worker.on("message", ({ seed, violations, tally }: Tested) => {
        done++;
        all = added(all, tally);
        if (violations.length > 0) failed.push({ seed, violations });
        progress(done, failed.length);
        next();
      });
      worker.on("error", reject);
      next();
    });
  await Promise.all(Array.from({ length: Math.min(workers, seeds.length) }, work));
  return { failed: failed.toSorted((a, b) => a.seed - b.seed), tally: all };
}
