// Measures describe while tasks run in the same process, and compares it with describe in a process without other work.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchCase, CONNECTIONS, type Effort } from "../case.ts";
import type { BusyOrder, BusyReport } from "../load/busy-server.ts";
import { askChild } from "../load/children.ts";
import { describeRequests, POLLED } from "../load/questions.ts";
import { seeded, seededCopy } from "../load/seed.ts";
import { PRODUCTS } from "../load/seed-tasks.ts";
import { type Server, startServer } from "../load/servers.ts";
import { compare, figure, ratio, worstDisturbance } from "../report/compare.ts";
import { GOALS } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report/report.ts";
import { spread } from "../report/stats.ts";
import { disturbance } from "./describe.ts";

const RATE = 1_000;

export const busyCase: BenchCase = {
  name: "busy",
  title: `Describe (ACK) while ${RATE.toLocaleString("en-US")} tasks/s run in the same process, all on one core`,
  run,
};

async function run(effort: Effort): Promise<Findings> {
  const stored = POLLED * PRODUCTS.length;
  const tasks = await seeded(stored, effort.tell);
  const directory = await seededCopy(stored, effort.tell);
  const file = join(import.meta.dirname, "../load/busy-server.ts");
  const server = await startServer("taskscribe", [file, directory], { talks: true });
  const requests = describeRequests(tasks, "ack", "polled");
  const rates: number[] = [];
  let begun = { done: 0, at: 0 };
  try {
    const all = await compare(
      [
        { server, requests },
        {
          server,
          requests,
          before: async () => {
            begun = { done: await order(server, RATE), at: performance.now() };
            await sleep(200);
          },
          after: async () => {
            const seconds = (performance.now() - begun.at) / 1_000;
            rates.push(((await order(server, 0)) - begun.done) / seconds);
            await sleep(300);
          },
        },
      ],
      { rounds: effort.rounds, seconds: effort.seconds, connections: CONNECTIONS },
    );
    const [idle, busy] = all;
    const perSecond = ratio(busy, idle, (slice) => slice.perSecond);
    return {
      tables: [
        {
          head: ["", "idle", "while tasks run", "ratio", ...GOAL_HEAD],
          rows: [
            [
              "describe req/s",
              withEnds(figure(idle, (slice) => slice.perSecond)),
              withEnds(figure(busy, (slice) => slice.perSecond)),
              withEnds(perSecond),
              ...goalCells(perSecond.median, GOALS.describeWhileTasksRun),
            ],
            [
              "p99 ms",
              withEnds(figure(idle, (slice) => slice.p99Us / 1_000)),
              withEnds(figure(busy, (slice) => slice.p99Us / 1_000)),
              withEnds(ratio(busy, idle, (slice) => slice.p99Us)),
            ],
            ["tasks/s that ended", number(0), withEnds(spread(rates.slice(1)))],
          ],
        },
      ],
      notes: [
        "The tasks are submitted inside the process; main thread, writer thread and garbage collector share the server's core.",
        disturbance(worstDisturbance(all)),
      ],
    };
  } finally {
    await server.stop();
  }
}

/** Sets the rate. Returns how many tasks have ended so far. */
async function order({ child }: Server, rate: number): Promise<number> {
  const message: BusyOrder = { rate };
  return (await askChild<BusyReport>(child, message)).done;
}
