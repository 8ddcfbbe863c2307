// npm run mutate [-- --sample 150 --seed 1 --file src/core/settle.ts]: changes src/core in small ways, one at a time, and counts how
// many of the changes its tests notice.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
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

/** These tests run thousands of random lives, which takes too long for each mutant. What only they would notice counts as not noticed. */
const SLOW = "src/core/life.property.test.ts";
const tests = globSync("src/core/*.test.ts", { exclude: [SLOW] }).sort();
const files = globSync(values.file, { exclude: ["**/*.test.ts"] }).sort();
const all = files.flatMap((file) => mutantsOf(file, readFileSync(file, "utf8")));
const chosen = values.sample === undefined ? all : sampleOf(all, Number(values.sample));

const unchanged = files[0] ?? "";
if (!survives({ file: unchanged, source: readFileSync(unchanged, "utf8") }, true)) {
  throw new Error("the tests fail without any change");
}
const survivors: Mutant[] = [];
for (const [i, mutant] of chosen.entries()) {
  if (survives(mutant)) {
    survivors.push(mutant);
    const { file, line, before, after } = mutant;
    process.stdout.write(`survived: ${file}:${line} ${before} -> ${after}\n`);
  }
  if ((i + 1) % 50 === 0) process.stdout.write(`${i + 1} of ${chosen.length}\n`);
}
const killed = chosen.length - survivors.length;
const score = killed / chosen.length;
process.stdout.write(
  `${killed} of ${chosen.length} mutants killed (${(100 * score).toFixed(1)} %), of ${all.length} in ${files.length} files\n`,
);
if (score < NEEDED) process.exitCode = 1;

/** Tests beside the file come first, because they are the most likely to notice. */
function survives({ file, source }: Pick<Mutant, "file" | "source">, typed = false): boolean {
  const own = file.replace(/\.ts$/, "");
  const first = tests.toSorted((a, b) => Number(b.startsWith(own)) - Number(a.startsWith(own)));
  const script = join(import.meta.dirname, "mutant.ts");
  const target = typed ? "none" : file;
  const { status } = spawnSync(process.execPath, [script, target, ...first], {
    input: source,
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    stdio: ["pipe", "ignore", "ignore"],
  });
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
