// npm run simulate -- [--seeds N] [--from S] [--workers W] [--history] [--keep]
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Failed, runSeeds } from "./many.ts";
import { simulate } from "./simulate.ts";
import { tell } from "./tell.ts";

/** Seeds that failed once. They stay tests as long as random numbers are used in the same order; see README.md. */
interface Regression {
  readonly seed: number;
  readonly found: string;
}

const REGRESSIONS = new URL("./regressions.json", import.meta.url);
const PROGRESS_EVERY_MS = 5_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    history: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const count = wholeNumber("seeds", values.seeds);
const from = wholeNumber("from", values.from);
const workers = wholeNumber("workers", values.workers);
const known = JSON.parse(readFileSync(REGRESSIONS, "utf8")) as readonly Regression[];

if (values.history) await show(from);
else await search();

/** One seed, with everything that happened in it. */
async function show(seed: number): Promise<void> {
  const run = await simulate(seed);
  for (const line of tell(run)) print(line);
  if (run.violations.length > 0) process.exitCode = 1;
}

async function search(): Promise<void> {
  const began = performance.now();
  const seeds = [
    ...known.map(({ seed }) => seed),
    ...Array.from({ length: count }, (_, index) => from + index),
  ];
  const rate = (done: number) => (done / ((performance.now() - began) / 1_000)).toFixed(0);
  let told = began;
  const { failed, tally } = await runSeeds(seeds, workers, (done, failures) => {
    if (performance.now() - told < PROGRESS_EVERY_MS) return;
    told = performance.now();
    print(`${done} of ${seeds.length} seeds, ${rate(done)} a second, ${failures} failed`);
  });
  for (const one of failed) report(one);
  for (const [name, times] of Object.entries(tally).sort())
    print(`${String(times).padStart(9)} ${name}`);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const which = `${known.length} known seeds, then ${from} to ${from + count - 1}`;
  const summary = `${seeds.length} seeds (${which}) in ${seconds} s, ${rate(seeds.length)} a second`;
  print(`${summary}: ${failed.length === 0 ? "all as promised" : `${failed.length} failed`}`);
  if (failed.length === 0) return;
  if (values.keep) keep(failed);
  process.exitCode = 1;
}

function report({ seed, violations }: Failed): void {
  print(`seed ${seed} is not as promised:`);
  for (const violation of violations) print(`  ${violation}`);
  print(`  its history: npm run simulate -- --from ${seed} --history`);
}

function keep(failed: readonly Failed[]): void {
  const added = failed.map(({ seed, violations }) => ({ seed, found: violations[0] ?? "" }));
  const others = known.filter(({ seed }) => !added.some((one) => one.seed === seed));
  writeFileSync(REGRESSIONS, `${JSON.stringify([...others, ...added], null, 2)}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} is "${text}"; give a whole number above 0\n`);
  process.exit(2);
}
