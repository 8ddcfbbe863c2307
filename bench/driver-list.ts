import type { Driver } from "./driver.ts";
import { openOurs, openWaiting } from "./ours.ts";
import { openBullMq } from "./peers/bullmq.ts";
import { openDbos } from "./peers/dbos.ts";
import { openGraphile } from "./peers/graphile.ts";
import { openOpenWorkflow } from "./peers/openworkflow.ts";
import { openPgBoss } from "./peers/pg-boss.ts";
import { openRestate } from "./peers/restate.ts";

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
