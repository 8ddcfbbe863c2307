// Measures durable submissions over HTTP, which are answered after the commit.
import { join } from "node:path";
import type { BenchCase, Effort } from "../case.ts";
import { measureFdatasync } from "../fdatasync.ts";
import { requestsOf } from "../load/load.ts";
import { raw } from "../load/questions.ts";
import { emptyDirectory, scratch } from "../load/scratch.ts";
import { ask, startBare, startOurs } from "../load/servers.ts";
import { notOffered } from "../offered.ts";
import { INPUT } from "../peers/driver.ts";
import { compare, figure, ratio, worstDisturbance } from "../report/compare.ts";
import { type Findings, number, withEnds } from "../report/report.ts";
import { disturbance } from "./describe.ts";

export const submitCase: BenchCase = {
  name: "submit",
  title: "Durable submissions over HTTP",
  run,
};

export const BENCH_CONFIG = join(import.meta.dirname, "../load/bench.config.mjs");

const CLIENTS = [1, 64];

/** A raw request that submits a task of this type. `mark` is the value of a header that nobody reads. */
export function submission(type: string, mark = "bench"): string {
  const body = JSON.stringify({ type, input: INPUT });
  const headers = [
    ["content-type", "application/json"],
    ["x-bench", mark],
  ] as const;
  return raw("POST", "/v1/tasks", headers, body);
}

async function run(effort: Effort): Promise<Findings> {
  // There is one slot, and a task keeps it. So the submitted tasks wait, and only their submission is measured.
  const ours = await startOurs("taskscribe", emptyDirectory(), {
    args: ["--config", BENCH_CONFIG, "--concurrency", "1"],
  });
  const rows: string[][] = [];
  let disturbed = 0;
  try {
    const { status } = await ask(ours.url, submission("occupier"));
    if (status >= 300) return notOffered("`POST /v1/tasks`");
    const bare = await startBare("bare", await ask(ours.url, submission("four-steps")));
    const requests = requestsOf(submission("four-steps", "\x01"), ["load"]);
    for (const connections of CLIENTS) {
      effort.tell(`submit: ${connections} clients`);
      const all = await compare(
        [
          { server: bare, requests },
          { server: ours, requests },
        ],
        { rounds: Math.min(5, effort.rounds), seconds: 1, connections },
      );
      const [base, mine] = all;
      disturbed = Math.max(disturbed, worstDisturbance(all));
      rows.push([
        String(connections),
        withEnds(figure(mine, (slice) => slice.perSecond)),
        withEnds(figure(mine, (slice) => slice.p50Us / 1_000)),
        withEnds(figure(mine, (slice) => slice.p99Us / 1_000)),
        withEnds(ratio(mine, base, (slice) => slice.perSecond)),
        number(figure(mine, (slice) => slice.cpuUs).median),
      ]);
    }
    await bare.stop();
  } finally {
    await ours.stop();
  }
  const disk = measureFdatasync(scratch());
  return {
    tables: [
      {
        head: ["clients", "per second", "p50 ms", "p99 ms", "÷ bare", "CPU µs, both threads"],
        rows,
      },
    ],
    notes: [
      "`POST /v1/tasks` with 500 bytes of input. The tasks wait for a place, so nothing but their submission is measured. Main thread and writer thread share one core.",
      `fdatasync of 4 KiB in the same run: ${number(disk.overwriteMs)} ms overwriting, ${number(disk.appendMs)} ms appending.`,
      disturbance(disturbed),
    ],
  };
}
