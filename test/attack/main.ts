// npm run attack: attacks a running server as docs/security.md lists them, and says what held.
import { parseArgs } from "node:util";
import { FUZZ_REQUESTS, fuzz } from "./fuzz.ts";
import { ATTACKS, type Outcome, runAttacks } from "./run.ts";
import { World } from "./world.ts";

const HELP = `npm run attack [-- OPTION ...]

Starts servers in strict mode with three accounts and keys of every kind, and attacks them.

  --row N          only the attacks of this row of docs/security.md; may be repeated
  --requests N     how many tampered requests the fuzz sends at the end (default ${FUZZ_REQUESTS}; 0: none)
  --help           print this help

Exit code 1 if one attack was not stopped.`;

const { values } = parseArgs({
  options: {
    row: { type: "string", multiple: true },
    requests: { type: "string" },
    help: { type: "boolean" },
  },
});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function line({ row, name, held, how }: Outcome): string {
  return `${String(row).padStart(3)}  ${held ? "held    " : "NOT HELD"}  ${name}: ${how}`;
}

async function main(): Promise<void> {
  const rows = values.row?.map(Number);
  const requests = Number(values.requests ?? (rows === undefined ? FUZZ_REQUESTS : 0));
  const world = await World.start();
  try {
    const wanted = ATTACKS.filter(({ row }) => rows?.includes(row) ?? true);
    const outcomes = await runAttacks(world, wanted, (outcome) => say(line(outcome)));
    let wrong = outcomes.filter(({ held }) => !held).length;
    if (requests > 0) {
      const report = await fuzz(world, requests, (done) => say(`     fuzz: ${done} sent`));
      say(report.lines.map((text) => `     fuzz: ${text}`).join("\n"));
      wrong += report.faults.length;
      for (const fault of report.faults) say(`     fuzz: NOT HELD: ${fault}`);
    }
    say(`\n${outcomes.length} attacks, ${wrong} not held`);
    if (wrong > 0) process.exitCode = 1;
  } finally {
    await world.stop();
  }
}

if (values.help) say(HELP);
else await main();
