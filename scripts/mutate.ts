// npm run mutate [-- --group core --sample 150 --seed 1 --file src/core/settle.ts]: changes the code of each group in small ways, one
// at a time, and counts how many of the changes its tests notice. --sample all tries all, of a large group as well.
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { matchesGlob } from "node:path";
import { parseArgs } from "node:util";
import { useCompileCache } from "./compile-cache.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { MUTATION_GROUPS, type MutationGroup } from "./mutation-groups.ts";
import { MutationTests } from "./mutation-tests.ts";

const { values } = parseArgs({
  options: {
    group: { type: "string" },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    file: { type: "string", default: "**" },
  },
});

useCompileCache();

const groups = MUTATION_GROUPS.filter(({ name }) => name === (values.group ?? name));
if (groups.length === 0) {
  const names = MUTATION_GROUPS.map(({ name }) => JSON.stringify(name)).join(", ");
  throw new Error(`--group: there is no ${JSON.stringify(values.group)}; give one of ${names}`);
}
for (const group of groups) {
  const score = await scoreOf(group);
  if (score !== undefined && score < group.needed) process.exitCode = 1;
}

/** Which part of the mutants the tests noticed; undefined: none was tried. */
async function scoreOf({ name, needed, ...group }: MutationGroup): Promise<number | undefined> {
  const startedAt = performance.now();
  const files = globSync(group.files, { exclude: ["**/*.test.ts"] })
    .filter((file) => matchesGlob(file, values.file))
    .sort();
  const all = files.flatMap((file) => mutantsOf(file, readFileSync(file, "utf8")));
  const asked = values.sample ?? group.sample ?? "all";
  const chosen = asked === "all" ? all : sampleOf(all, Number(asked));
  if (chosen.length === 0) return undefined;
  const tests = new MutationTests(globSync(group.tests, { exclude: group.slowTests }).sort());
  await tests.measure([...new Set(chosen.map(({ file }) => file))]);
  let survivors = 0;
  const waiting = chosen.values();
  const tryMutants = async () => {
    for (const mutant of waiting) {
      if (await tests.notice(mutant)) continue;
      survivors++;
      const { file, line, before, after } = mutant;
      process.stdout.write(`survived: ${file}:${line} ${before} -> ${after}\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, tryMutants));
  const killed = chosen.length - survivors;
  const score = killed / chosen.length;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stdout.write(
    `${name}: ${killed} of ${chosen.length} mutants killed (${(100 * score).toFixed(1)} %, needed ${100 * needed} %), of ${all.length} in ${files.length} files, in ${seconds} s\n`,
  );
  return score;
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
