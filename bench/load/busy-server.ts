// The server as its command line starts it. It also submits tasks to itself, at a rate that its parent sets:
// node busy-server.ts DATA. It sends {url} first, then {done} for each message.

import { INPUT, STEPS } from "../peers/driver.ts";
import { built } from "./built.ts";
import { ACCOUNT } from "./seed-tasks.ts";

export interface BusyReport {
  /** Tasks that have ended so far. */
  readonly done: number;
}

/** Tasks for each second; 0 stops. */
export interface BusyOrder {
  readonly rate: number;
}

const OUTSTANDING = 2_000;

const [data = ""] = process.argv.slice(2);
const { startServer } = await built("server/start-server.js");
const { DEFAULT_CONFIG } = await built("config/settings.js");
const { defineTask } = await built("core/define-task.js");
const nothing = async () => {};
const type = defineTask({
  type: "four-steps",
  steps: Object.fromEntries(STEPS.map((step) => [step, nothing])),
});
const config = { ...DEFAULT_CONFIG, port: 0, data, types: [type] } as const;
const server = await startServer(config, "bench");
const caller = { account: ACCOUNT, requestId: "R-1", actor: "bench" };

let done = 0;
let submitted = 0;
let rate = 0;
let since = 0;
let atStart = 0;
server.engine.onCommit((task) => {
  if (task.endedAt !== undefined) done++;
});

setInterval(() => {
  const due = atStart + Math.floor(((performance.now() - since) / 1_000) * rate);
  while (rate > 0 && submitted < due && submitted - done < OUTSTANDING) {
    submitted++;
    server.engine.submit({ type: "four-steps", input: INPUT }, caller).catch(fail);
  }
}, 1);

process.on("message", (order: BusyOrder) => {
  rate = order.rate;
  since = performance.now();
  atStart = submitted;
  process.send?.({ done } satisfies BusyReport);
});
process.on("disconnect", () => process.exit(0));
process.stdout.write(`    address    ${server.url}\n`);

function fail(error: unknown): void {
  process.stderr.write(`${error}\n`);
  process.exit(1);
}
