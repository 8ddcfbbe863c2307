// Compares describe with checked ACS3 signatures to bare node:http that receives the same requests.
import { type BenchCase, CONNECTIONS, type Effort } from "../case.ts";
import { compareWithBare } from "../compare-with-bare.ts";
import { type Seeded, seeded } from "../load/seed.ts";
import { ACCOUNT, PRODUCTS, type ProductName } from "../load/seed-tasks.ts";
import { ask, type Server, startOurs } from "../load/servers.ts";
import {
  copyForKeys,
  createKey,
  describeSigned,
  type Key,
  REQUESTS_A_SECOND,
  signedDescribes,
} from "../load/signed-requests.ts";
import { commandOffered, notOffered, serveOffers } from "../offered.ts";
import { figure, ratio, worstDisturbance } from "../report/compare.ts";
import { GOALS } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report/report.ts";
import { disturbance } from "./describe.ts";

export const signedCase: BenchCase = {
  name: "signed",
  title: "Describe, ACS3-signed, `--auth strict`",
  run,
};

async function run(effort: Effort): Promise<Findings> {
  if (!serveOffers("--auth") || !commandOffered("key")) {
    return notOffered("`taskscribe serve --auth strict` and `taskscribe key create`");
  }
  const tasks = await seeded(1_000 * PRODUCTS.length, effort.tell);
  const directory = copyForKeys(tasks);
  const key = createKey(directory, ACCOUNT);
  const ours = await startOurs("taskscribe", directory, { args: ["--auth", "strict"] });
  const rows: string[][] = [];
  let disturbed = 0;
  try {
    for (const product of PRODUCTS) {
      effort.tell(`signed describe: ${product}`);
      const found = await measure(ours, tasks, product, key, effort);
      rows.push(found.row);
      disturbed = Math.max(disturbed, found.disturbed);
    }
  } finally {
    await ours.stop();
  }
  const head = ["dialect", "bare req/s", "ours req/s", "ours ÷ bare", ...GOAL_HEAD, "by CPU time"];
  return {
    tables: [{ head: [...head, "p99 ÷ bare's", ...GOAL_HEAD, "ours CPU µs"], rows }],
    notes: [
      "Every request has a nonce of its own, as those of official SDKs have, so the nonce check is part of the work. bare receives requests signed in the same way and looks at none of it.",
      disturbance(disturbed),
    ],
  };
}

async function measure(
  ours: Server,
  tasks: Seeded,
  product: ProductName,
  key: Key,
  { rounds, seconds }: Effort,
): Promise<{ row: string[]; disturbed: number }> {
  const count = REQUESTS_A_SECOND * seconds;
  const requests = () => signedDescribes(ours, tasks, product, key, count);
  const sample = describeSigned(ours, product, tasks.ids(product).at(-1) ?? "", key);
  const answer = await ask(ours.url, sample);
  if (answer.status !== 200) throw new Error(`${product} refused a signature: ${answer.body}`);
  const pace = { rounds, seconds, connections: CONNECTIONS };
  const all = await compareWithBare(ours, answer, requests, pace);
  const [base, mine] = all;
  const perSecond = ratio(mine, base, (slice) => slice.perSecond);
  const p99 = ratio(mine, base, (slice) => slice.p99Us);
  const row = [
    product,
    withEnds(figure(base, (slice) => slice.perSecond)),
    withEnds(figure(mine, (slice) => slice.perSecond)),
    withEnds(perSecond),
    ...goalCells(perSecond.median, GOALS.describeSigned),
    withEnds(ratio(base, mine, (slice) => slice.cpuUs)),
    withEnds(p99),
    ...goalCells(p99.median, GOALS.signedP99),
    number(figure(mine, (slice) => slice.cpuUs).median),
  ];
  return { row, disturbed: worstDisturbance(all) };
}
