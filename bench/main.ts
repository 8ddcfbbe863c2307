// npm run bench [-- --case NAME … --quick --large --size --peers --no-write]: measures, prints, and writes docs/performance.md.
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchCase, Effort } from "./case.ts";
import { CASES, PEER_CASES, SIZE_CASES } from "./cases.ts";
import { buildIfOld } from "./load/built.ts";
import { busyWarning, describeMachine, missing } from "./load/machine.ts";
import { markdown, type Section, writeSections } from "./report/report.ts";

const ALL = [...CASES, ...SIZE_CASES, ...PEER_CASES];
const DOCUMENT = join(dirname(import.meta.dirname), "docs/performance.md");

const HELP = `npm run bench [-- OPTIONS]

  --case NAME   only this case; may be given several times
  --quick       fewer and shorter rounds and no 10⁶ tasks; writes nothing
  --large       describe also with 10⁷ stored tasks; their first seeding takes 20 minutes and 50 GB
  --size        only the limits of scale: up to 10⁶ open tasks, 10⁴ subtasks, 10³ readers; half an hour and 10 GB
  --peers       only the comparison with other task engines and mock servers, which are installed for it
  --no-write    leave docs/performance.md as it is
  --help        print this

Cases:
${ALL.map(({ name, title }) => `  ${name.padEnd(12)}  ${title}`).join("\n")}
`;

const { values: flags } = parseArgs({
  options: {
    case: { type: "string", multiple: true },
    quick: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    size: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
    "no-write": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

if (flags.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  refuseWithoutTools();
  const machine = describeMachine();
  print([...machine, busyWarning() ?? "the machine is quiet", ""].join("\n"));
  buildIfOld();
  const sections: Section[] = [];
  for (const bench of chosen()) {
    const section = await measure(bench, machine);
    print(`${markdown(section)}\n`);
    sections.push(section);
  }
  if (flags.quick || flags["no-write"]) return;
  writeSections(
    DOCUMENT,
    sections,
    ALL.map(({ name }) => name),
  );
  print("docs/performance.md is up to date");
}

function chosen(): readonly BenchCase[] {
  const named = flags.case ?? [];
  if (named.length === 0) {
    if (flags.size) return SIZE_CASES;
    return flags.peers ? PEER_CASES : CASES;
  }
  return named.map((name) => {
    const found = ALL.find((bench) => bench.name === name);
    if (found) return found;
    throw new Error(`no case ${name}; there are ${ALL.map((bench) => bench.name).join(", ")}`);
  });
}

async function measure(bench: BenchCase, machine: readonly string[]): Promise<Section> {
  const { name, title } = bench;
  const warning = busyWarning();
  const when = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const circumstances = [when, ...machine.slice(0, -1), warning ?? "machine quiet at the start"];
  const findings = await bench.run(effort());
  tell("");
  return { name, title, circumstances: `${circumstances.join(" · ")}`, ...findings };
}

function effort(): Effort {
  const { quick, large } = flags;
  return { quick, large, rounds: quick ? 3 : 7, seconds: 1, tell };
}

function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function refuseWithoutTools(): void {
  const wanted = [missing("wrk", "wrk"), missing("taskset", "util-linux")].filter(Boolean);
  if (wanted.length === 0) return;
  process.stderr.write(`${wanted.join("\n")}\n`);
  process.exit(1);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
