import { parentPort } from "node:worker_threads";
import type { Tested } from "./many.ts";
import { simulate } from "./simulate.ts";
import { tallyOf } from "./tally.ts";

parentPort?.on("message", async (seed: number) => {
  const tested = await simulate(seed).catch((error: unknown) => {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { violations: [`the run broke down: ${said}`], digest: "", history: undefined };
  });
  const { violations, digest, history } = tested;
  const tally = history === undefined ? {} : tallyOf(history);
  parentPort?.postMessage({ seed, violations, digest, tally } satisfies Tested);
});
