// npm run soak [-- --minutes 30 --rate 40]: sends mixed load to all dialects, makes random faults, and checks the history.
import { parseArgs } from "node:util";
import { soak } from "../test/chaos/soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "40" },
  },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
if (!(minutes > 0 && rate > 0))
  throw new TypeError("--minutes and --rate: expected numbers above 0");

const { samples, ...figures } = await soak({
  minutes,
  rate,
  tell: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
const last = samples.filter(({ pid }) => pid === samples.at(-1)?.pid);
const [first, end] = [last[0], last.at(-1)];
if (first && end) {
  process.stdout.write(
    `the last process, ${(end.minute - first.minute).toFixed(1)} minutes: memory ${first.memory} to ${end.memory} MB, log ${end.log} MB at the end\n`,
  );
}
if (figures.wrong.length > 0) process.exitCode = 1;
