// Compares describe of each dialect with bare node:http that answers the same bytes.
import { type BenchCase, CONNECTIONS, type Effort } from "../case.ts";
import { compareWithBare } from "../compare-with-bare.ts";
import { describeRequests, POLLED, typicalAnswer } from "../load/questions.ts";
import { type Seeded, seeded } from "../load/seed.ts";
import { PRODUCTS } from "../load/seed-tasks.ts";
import { type Server, startOurs } from "../load/servers.ts";
import { figure, ratio, worstDisturbance } from "../report/compare.ts";
import { GOALS } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report/report.ts";

const STORED = 1_000;

export const describeCase: BenchCase = {
  name: "describe",
  title: `Describe, unsigned, ${STORED.toLocaleString("en-US")} tasks of each product`,
  run: describe,
};

/** Each dialect is measured with the default settings, and one also without a log line for each request. */
const VARIANTS = [
  { args: [], say: (product: string) => product, products: PRODUCTS },
  {
    args: ["--request-log", "problems"],
    say: (product: string) => `${product}, \`--request-log problems\``,
    products: PRODUCTS.slice(0, 1),
  },
] as const;

async function describe(effort: Effort): Promise<Findings> {
  const tasks = await seeded(STORED * PRODUCTS.length, effort.tell);
  const rows: string[][] = [];
  let disturbed = 0;
  for (const { args, say, products } of VARIANTS) {
    const ours = await startOurs("taskscribe", tasks.directory, { args });
    try {
      for (const product of products) {
        effort.tell(`describe: ${say(product)}`);
        const all = await besideBare(ours, tasks, product, effort);
        disturbed = Math.max(disturbed, all.disturbed);
        rows.push([say(product), ...all.cells]);
      }
    } finally {
      await ours.stop();
    }
  }
  const head = [
    ...["dialect", "bytes", "bare req/s", "ours req/s", "ours ÷ bare", ...GOAL_HEAD],
    ...["by CPU time", "p99 ÷ bare's", "bare CPU µs", "ours CPU µs"],
  ];
  return {
    tables: [{ head, rows }],
    notes: [
      `wrk, 1 thread, ${CONNECTIONS} connections on one core, the server on the other; ${POLLED.toLocaleString("en-US")} tasks polled in turn.`,
      "Every request has its log line, as by default, in a file.",
      "*by CPU time*: bare's CPU time for a request ÷ ours; the steadier of the two ratios on a busy machine.",
      disturbance(disturbed),
    ],
  };
}

async function besideBare(
  ours: Server,
  tasks: Seeded,
  product: (typeof PRODUCTS)[number],
  { rounds, seconds }: Effort,
): Promise<{ readonly cells: readonly string[]; readonly disturbed: number }> {
  const answer = await typicalAnswer(ours, tasks, product);
  const requests = describeRequests(tasks, product, "polled");
  const pace = { rounds, seconds, connections: CONNECTIONS };
  const all = await compareWithBare(ours, answer, requests, pace);
  const [base, mine] = all;
  const perSecond = ratio(mine, base, (slice) => slice.perSecond);
  const cells = [
    number(Buffer.byteLength(answer.body)),
    withEnds(figure(base, (slice) => slice.perSecond)),
    withEnds(figure(mine, (slice) => slice.perSecond)),
    withEnds(perSecond),
    ...goalCells(perSecond.median, GOALS.describeUnsigned),
    withEnds(ratio(base, mine, (slice) => slice.cpuUs)),
    withEnds(ratio(mine, base, (slice) => slice.p99Us)),
    number(figure(base, (slice) => slice.cpuUs).median),
    number(figure(mine, (slice) => slice.cpuUs).median),
  ];
  return { cells, disturbed: worstDisturbance(all) };
}

export function disturbance(cores: number): string {
  return `Others used up to ${number(cores)} of a core in the rounds that count.`;
}
