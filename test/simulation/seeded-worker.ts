// Runs seeds with a fault in the source, until one shows it.
import { registerHooks } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { SeededFault } from "./seeded-faults.ts";

const { fault, seeds } = workerData as { fault: SeededFault; seeds: number };
let isSown = false;
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/${fault.file}`)) return loaded;
    const [before, after, ...more] = String(loaded.source).split(fault.from);
    if (after === undefined || more.length > 0) {
      throw new Error(`${fault.file} does not have once: ${fault.from}`);
    }
    isSown = true;
    return { ...loaded, source: `${before}${fault.to}${after}` };
  },
});

const { simulate } = await import("./simulate.ts");
if (!isSown) throw new Error(`${fault.file} is not part of the simulation`);
parentPort?.postMessage(await firstShown());

/** A run that breaks down shows something too, but what the checker says is what is tested here. */
async function firstShown() {
  for (let seed = 1; seed <= seeds; seed++) {
    const run = await simulate(seed).catch(() => undefined);
    const violation = run?.violations[0];
    if (violation !== undefined) return { seed, violation };
  }
  return undefined;
}
