// Measures durable tasks of four steps in one process, with the engine and the real store.
import { type BenchCase, type Effort, power } from "../case.ts";
import { type DiskTimes, measureFdatasync } from "../fdatasync.ts";
import { emptyDirectory, scratch } from "../load/scratch.ts";
import { seededCopy } from "../load/seed.ts";
import type { Work } from "../peers/driver.ts";
import { type RunningDriver, startDriver } from "../peers/drivers.ts";
import { GOALS, type Goal } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, withEnds } from "../report/report.ts";
import { pairedRatios, type Spread, spread } from "../report/stats.ts";

export const SUBMITTERS = 64;

export const tasksCase: BenchCase = {
  name: "tasks",
  title: "Durable tasks of four steps",
  run,
};

interface Measured {
  readonly stored: number;
  readonly many: Work[];
  readonly lone: Work[];
}

async function run(effort: Effort): Promise<Findings> {
  const sizes = effort.quick ? [0, 100_000] : [0, 1_000_000];
  const drivers: RunningDriver[] = [];
  const measured: Measured[] = [];
  const disk: DiskTimes[] = [];
  try {
    for (const stored of sizes) {
      const directory = stored === 0 ? emptyDirectory() : await seededCopy(stored, effort.tell);
      drivers.push(await startDriver("ours", { directory }));
      measured.push({ stored, many: [], lone: [] });
    }
    const tasks = effort.quick ? 2_000 : 5_000;
    for (const driver of drivers) await driver.measure({ tasks, submitters: SUBMITTERS });
    for (let round = 0; round < effort.rounds; round++) {
      effort.tell(`tasks: round ${round + 1} of ${effort.rounds}`);
      disk.push(measureFdatasync(scratch()));
      const order = [...drivers.entries()];
      if (round % 2 === 1) order.reverse();
      for (const [index, driver] of order) {
        measured[index]?.many.push(await driver.measure({ tasks, submitters: SUBMITTERS }));
        measured[index]?.lone.push(await driver.measure({ tasks: 200, submitters: 1 }));
      }
    }
  } finally {
    for (const driver of drivers) await driver.stop();
  }
  return findings(measured, disk);
}

function findings(measured: readonly Measured[], disk: readonly DiskTimes[]): Findings {
  const [empty, full] = measured;
  if (empty === undefined || full === undefined) throw new Error("two sizes are measured");
  const of = (works: readonly Work[], figure: (work: Work) => number | undefined) =>
    works.map((work) => figure(work) ?? Number.NaN);
  const perSecond = of(empty.many, (work) => work.perSecond);
  const loneMs = of(empty.lone, (work) => work.p50Ms);
  const overwriteMs = disk.map((times) => times.overwriteMs);
  const size = power(full.stored);
  const lines: [string, Spread, Goal?][] = [
    [`tasks/s, ${SUBMITTERS} submitters`, spread(perSecond), GOALS.tasksPerSecond],
    ["commits per task", spread(of(empty.many, (work) => work.commits)), GOALS.commitsPerTask],
    ["submit → done, p50 ms", spread(of(empty.many, (work) => work.p50Ms))],
    ["submit → done, p99 ms", spread(of(empty.many, (work) => work.p99Ms))],
    ["CPU µs per task, both threads", spread(of(empty.many, (work) => work.cpuUs))],
    ["one task alone, p50 ms", spread(loneMs), GOALS.loneTaskMs],
    ["one task alone, p99 ms", spread(of(empty.lone, (work) => work.p99Ms))],
    ["one task alone, commits", spread(of(empty.lone, (work) => work.commits))],
    [
      "one task alone, p50 ÷ fdatasync",
      spread(pairedRatios(loneMs, overwriteMs)),
      GOALS.loneTaskInFsyncs,
    ],
    [
      `tasks/s with ${size} stored ÷ empty`,
      spread(
        pairedRatios(
          of(full.many, (work) => work.perSecond),
          perSecond,
        ),
      ),
      GOALS.tasksAtMillion,
    ],
    [`one task alone with ${size} stored, p50 ms`, spread(of(full.lone, (work) => work.p50Ms))],
    ["fdatasync of 4 KiB, overwriting, ms", spread(overwriteMs)],
    ["fdatasync of 4 KiB, appending, ms", spread(disk.map((times) => times.appendMs))],
  ];
  return {
    tables: [
      {
        head: ["what", "measured", ...GOAL_HEAD],
        rows: lines.map(([what, values, goal]) => [
          what,
          withEnds(values),
          ...goalCells(values.median, goal),
        ]),
      },
    ],
    notes: [
      "`synchronous=FULL`; submitters wait for the durable end of their task. Engine and submitters share one process; its writer thread may use the other core, as the peers' servers may.",
      "A task has an input of 500 bytes and four steps that do nothing, one after the other.",
    ],
  };
}
