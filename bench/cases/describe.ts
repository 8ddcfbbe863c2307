// Describe of each dialect against bare node:http that answers the same bytes.
import { type BenchCase, CONNECTIONS, type Effort } from "../case.ts";
import { compare, figure, ratio, worstDisturbance } from "../compare.ts";
import { GOALS } from "../goals.ts";
import { describeRequests, POLLED, typicalAnswer } from "../questions.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report.ts";
import { seeded } from "../seed.ts";
import { PRODUCTS } from "../seed-tasks.ts";
import { startBare, startOurs } from "../servers.ts";

const STORED = 1_000;

export const describeCase: BenchCase = {
  name: "describe",
  title: `Describe, unsigned, ${STORED.toLocaleString("en-US")} tasks of each product`,
  run: describe,
};

async function describe(effort: Effort): Promise<Findings> {
  const { rounds, seconds, tell } = effort;
  const tasks = await seeded(STORED * PRODUCTS.length, tell);
  const ours = await startOurs("taskscribe", tasks.directory);
  const rows: string[][] = [];
  let disturbed = 0;
  try {
    for (const product of PRODUCTS) {
      tell(`describe: ${product}`);
      const answer = await typicalAnswer(ours, tasks, product);
      const bare = await startBare("bare node:http", answer);
      const requests = describeRequests(tasks, product, "polled");
      const all = await compare(
        [
          { server: bare, requests },
          { server: ours, requests },
        ],
        { rounds, seconds, connections: CONNECTIONS },
      ).finally(() => bare.stop());
      disturbed = Math.max(disturbed, worstDisturbance(all));
      const [base, mine] = all;
      const perSecond = ratio(mine, base, (slice) => slice.perSecond);
      rows.push([
        product,
        number(Buffer.byteLength(answer.body)),
        withEnds(figure(base, (slice) => slice.perSecond)),
        withEnds(figure(mine, (slice) => slice.perSecond)),
        withEnds(perSecond),
        ...goalCells(perSecond.median, GOALS.describeUnsigned),
        withEnds(ratio(base, mine, (slice) => slice.cpuUs)),
        withEnds(ratio(mine, base, (slice) => slice.p99Us)),
        number(figure(base, (slice) => slice.cpuUs).median),
        number(figure(mine, (slice) => slice.cpuUs).median),
      ]);
    }
  } finally {
    await ours.stop();
  }
  const head = [
    ...["dialect", "bytes", "bare req/s", "ours req/s", "ours ÷ bare", ...GOAL_HEAD],
    ...["by CPU time", "p99 ÷ bare's", "bare CPU µs", "ours CPU µs"],
  ];
  return {
    tables: [{ head, rows }],
    notes: [
      `wrk, 1 thread, ${CONNECTIONS} connections on one core, the server on the other; ${POLLED.toLocaleString("en-US")} tasks polled in turn.`,
      "*by CPU time*: bare's CPU time for a request ÷ ours; the steadier of the two ratios on a busy machine.",
      disturbance(disturbed),
    ],
  };
}

export function disturbance(cores: number): string {
  return `Others used up to ${number(cores)} of a core in the rounds that count.`;
}
