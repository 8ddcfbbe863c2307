import { openBullMq } from "./bullmq.ts";
import { openDbos } from "./dbos.ts";
import type { Driver } from "./driver.ts";
import { openGraphile } from "./graphile.ts";
import { openOpenWorkflow } from "./openworkflow.ts";
import { openOurs, openWaiting } from "./ours.ts";
import { openPgBoss } from "./pg-boss.ts";
import { openRestate } from "./restate.ts";

// biome-ignore lint/suspicious/noExplicitAny: each driver knows its own options; they come as JSON from our parent
type Open = (options: any) => Promise<Driver>;

/** Every way to run the task, by name. */
export const DRIVERS = {
  ours: openOurs,
  openTasks: openWaiting,
  bullmq: openBullMq,
  pgBoss: openPgBoss,
  graphile: openGraphile,
  dbos: openDbos,
  restate: openRestate,
  openworkflow: openOpenWorkflow,
} as const satisfies Record<string, Open>;

export type DriverName = keyof typeof DRIVERS;

export function isDriverName(name: string): name is DriverName {
  return Object.hasOwn(DRIVERS, name);
}
