// npm run mutate [-- --sample 150 --seed 1 --file src/core/settle.ts]: changes src/core in small ways, one at a time, and counts how
// many of the changes its tests notice.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { useCompileCache } from "./compile-cache.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";

const NEEDED = 0.85;
const TIMEOUT_MS = 60_000;
const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    file: { type: "string", default: "src/core/*.ts" },
  },
});

useCompileCache();

/** These tests run thousands of random lives, which takes too long for each mutant. What only they would notice counts as not noticed. */
const SLOW = "src/core/life.property.test.ts";
const tests = globSync("src/core/*.test.ts", { exclude: [SLOW] }).sort();
const files = globSync(values.file, { exclude: ["**/*.test.ts"] }).sort();
const all = files.flatMap((file) => mutantsOf(file, readFileSync(file, "utf8")));
const chosen = values.sample === undefined ? all : sampleOf(all, Number(values.sample));

const unchanged = files[0] ?? "";
if (!(await survives({ file: unchanged, source: readFileSync(unchanged, "utf8") }, true))) {
  throw new Error("the tests fail without any change");
}
let survivors = 0;
let tried = 0;
const waiting = chosen.values();
await Promise.all(Array.from({ length: availableParallelism() }, tryMutants));
const killed = chosen.length - survivors;
const score = killed / chosen.length;
process.stdout.write(
  `${killed} of ${chosen.length} mutants killed (${(100 * score).toFixed(1)} %), of ${all.length} in ${files.length} files\n`,
);
if (score < NEEDED) process.exitCode = 1;

/** Tries one mutant after the other, until none is left. */
async function tryMutants(): Promise<void> {
  for (const mutant of waiting) {
    if (await survives(mutant)) {
      survivors++;
      const { file, line, before, after } = mutant;
      process.stdout.write(`survived: ${file}:${line} ${before} -> ${after}\n`);
    }
    if (++tried % 50 === 0) process.stdout.write(`${tried} of ${chosen.length}\n`);
  }
}

/** Tests beside the file come first, because they are the most likely to notice. */
async function survives(
  { file, source }: Pick<Mutant, "file" | "source">,
  typed = false,
): Promise<boolean> {
  const own = file.replace(/\.ts$/, "");
  const first = tests.toSorted((a, b) => Number(b.startsWith(own)) - Number(a.startsWith(own)));
  const script = join(import.meta.dirname, "mutant.ts");
  const target = typed ? "none" : file;
  const child = spawn(process.execPath, [script, target, ...first], {
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.on("error", () => {}); // it ended without reading: its exit code says so
  child.stdin.end(source);
  const [status] = await once(child, "exit");
  return status === 0;
}

/** A random choice that is the same for the same seed. */
function sampleOf(mutants: readonly Mutant[], count: number): readonly Mutant[] {
  const key = (_: Mutant, i: number) =>
    Math.imul(i + 1, 2_654_435_761 + 2 * Number(values.seed)) >>> 0;
  const keyed = mutants.map((mutant, i) => ({ mutant, order: key(mutant, i) }));
  return keyed
    .toSorted((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}
