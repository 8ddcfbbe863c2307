// A process that runs tasks with one driver: node driver-process.ts NAME OPTIONS. Messages of its parent tell it what to do.

import { percentile } from "../report/stats.ts";
import type { Driver, Work, WorkRequest } from "./driver.ts";
import { DRIVERS, isDriverName } from "./driver-list.ts";

const [name = "", options = "{}"] = process.argv.slice(2);
if (!isDriverName(name)) throw new Error(`no driver ${name}`);
const driver = await DRIVERS[name](JSON.parse(options));

process.on("message", (message: WorkRequest | "close") => {
  const handled = message === "close" ? driver.close() : measure(driver, message);
  handled.then(
    (work) => {
      process.send?.(work ?? "closed");
      if (message === "close") process.exit(0);
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit(1));
process.send?.("ready");

async function measure(driver: Driver, { tasks, submitters }: WorkRequest): Promise<Work> {
  const took: number[] = [];
  let left = tasks;
  const submit = async () => {
    while (left-- > 0) {
      const from = performance.now();
      await driver.run();
      took.push(performance.now() - from);
    }
  };
  const cpu = process.cpuUsage();
  const commits = driver.commits?.();
  const begun = performance.now();
  await Promise.all(Array.from({ length: submitters }, submit));
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  globalThis.gc?.();
  return {
    perSecond: tasks / seconds,
    p50Ms: percentile(took, 50),
    p99Ms: percentile(took, 99),
    commits: commits === undefined ? undefined : ((driver.commits?.() ?? 0) - commits) / tasks,
    cpuUs: (user + system) / tasks,
    heapBytes: process.memoryUsage().heapUsed,
  };
}
