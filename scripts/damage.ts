// npm run damage [-- --flips 500]: flips bits of a data directory and counts what became of each.
import { parseArgs } from "node:util";
import { DamageBench, flipBit, seeded, type Verdict } from "../test/chaos/damage-bench.ts";

const { values } = parseArgs({
  options: { flips: { type: "string", default: "500" }, seed: { type: "string", default: "1" } },
});
const flips = Number(values.flips);
if (!Number.isInteger(flips) || flips < 1) throw new TypeError("--flips: expected a whole number");

for (const [file, running] of [
  ["taskscribe.db", false],
  ["taskscribe.db-wal", true],
] as const) {
  const bench = new DamageBench();
  const random = seeded(Number(values.seed));
  const tally: Partial<Record<Verdict, number>> = {};
  let missed = 0;
  try {
    await bench.fill(60, running);
    for (let i = 0; i < flips; i++) {
      const { verdict, foundByBackup } = await bench.damage(file, flipBit, random);
      tally[verdict] = (tally[verdict] ?? 0) + 1;
      if (verdict === "left out" && !foundByBackup) missed++;
    }
  } finally {
    bench.end();
  }
  process.stdout.write(
    `${flips} flipped bits of ${file}: ${JSON.stringify(tally)}; ${missed} left out and not found by a backup\n`,
  );
}
