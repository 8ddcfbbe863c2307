// Measures the time from the spawn of the process to its first answer.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { type BenchCase, type Effort, power } from "../case.ts";
import { builtCli } from "../load/built.ts";
import { keep } from "../load/children.ts";
import { onCore, SERVER_CORE } from "../load/cores.ts";
import { freePort } from "../load/ports.ts";
import { emptyDirectory, scratch } from "../load/scratch.ts";
import { seeded } from "../load/seed.ts";
import { GOALS, type Goal } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, withEnds } from "../report/report.ts";
import { pairedRatios, spread } from "../report/stats.ts";

export const startUpCase: BenchCase = {
  name: "startup",
  title: "Spawn → first answer",
  run,
};

interface Variant {
  readonly name: string;
  /** The arguments of node for a server on this port. */
  readonly args: (port: number) => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

async function run(effort: Effort): Promise<Findings> {
  const size = effort.quick ? 100_000 : 1_000_000;
  const { directory } = await seeded(size, effort.tell);
  const served = emptyDirectory();
  const variants: readonly Variant[] = [
    { name: "bare node:http", args: (port) => [...bare(), String(port), answerFile()] },
    { name: "new directory", args: (port) => ours(port, emptyDirectory()) },
    { name: "directory with its world", args: (port) => ours(port, served) },
    { name: `${power(size)} tasks`, args: (port) => ours(port, directory) },
    {
      name: "without compile cache",
      args: (port) => ours(port, served),
      env: { NODE_DISABLE_COMPILE_CACHE: "1" },
    },
  ];
  const took: number[][] = variants.map(() => []);
  const rounds = effort.quick ? 4 : 9;
  for (let round = -1; round < rounds; round++) {
    effort.tell(`start-up: round ${round + 1} of ${rounds}`);
    const order = [...variants.entries()];
    if (round % 2 === 0) order.reverse();
    for (const [place, variant] of order) {
      const ms = await startOnce(variant);
      if (round >= 0) took[place]?.push(ms);
    }
  }
  return findings(variants, took, size);
}

function findings(variants: readonly Variant[], took: readonly number[][], size: number): Findings {
  const [base = [], , warm = []] = took;
  const rows = variants.map(({ name }, place) => {
    const ratio = spread(pairedRatios(took[place] ?? [], base));
    const goal: Goal | undefined = place === 2 ? GOALS.startUp : undefined;
    return [
      name,
      withEnds(spread(took[place] ?? [])),
      withEnds(ratio),
      ...goalCells(ratio.median, goal),
    ];
  });
  const more = spread((took[3] ?? []).map((ms, round) => ms - (warm[round] ?? 0)));
  rows.push([
    `${power(size)} tasks − few, ms`,
    withEnds(more),
    "",
    ...goalCells(more.median, GOALS.startUpAtMillionMs),
  ]);
  return {
    tables: [{ head: ["started", "ms", "÷ bare", ...GOAL_HEAD], rows }],
    notes: [
      "Compiled JavaScript; the first round, which fills the compile cache, does not count. Page cache warm.",
    ],
  };
}

function ours(port: number, data: string): readonly string[] {
  const flags = ["--port", String(port), "--data", data];
  return [...builtCli(), "serve", ...flags];
}

function bare(): readonly string[] {
  return [join(import.meta.dirname, "../load/bare-server.mjs")];
}

function answerFile(): string {
  const file = join(scratch(), "ok.json");
  writeFileSync(file, JSON.stringify({ status: 200, headers: [], body: "ok" }));
  return file;
}

async function startOnce({ args, env }: Variant): Promise<number> {
  const port = await freePort();
  const begun = performance.now();
  const [program, all] = onCore(SERVER_CORE, process.execPath, args(port));
  const child = keep(
    spawn(program, all, {
      cwd: scratch(),
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "ignore"],
    }),
  );
  try {
    await firstAnswer(port, child);
    return performance.now() - begun;
  } finally {
    const exited = once(child, "exit");
    child.kill("SIGTERM"); // a killed process would leave no compile cache
    await exited;
  }
}

async function firstAnswer(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (await answered(port)) return;
    if (child.exitCode !== null) throw new Error("the server ended before it answered");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function answered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/healthz", agent: false }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
    });
    request.on("error", () => resolve(false));
  });
}
