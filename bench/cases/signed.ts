// Compares describe with checked ACS3 signatures to bare node:http that receives the same requests.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";
import { type BenchCase, CONNECTIONS, type Effort } from "../case.ts";
import { compareWithBare } from "../compare-with-bare.ts";
import { type Requests, requestsOf } from "../load/load.ts";
import { POLLED, QUESTIONS, raw } from "../load/questions.ts";
import { emptyDirectory } from "../load/scratch.ts";
import { type Seeded, seeded } from "../load/seed.ts";
import { ACCOUNT, PRODUCTS, type ProductName } from "../load/seed-tasks.ts";
import { ask, type Server, startOurs } from "../load/servers.ts";
import { commandOffered, notOffered, serveOffers, taskscribe } from "../offered.ts";
import { figure, ratio, worstDisturbance } from "../report/compare.ts";
import { GOALS } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report/report.ts";
import { disturbance } from "./describe.ts";

export const signedCase: BenchCase = {
  name: "signed",
  title: "Describe, ACS3-signed, `--auth strict`",
  run,
};

interface Key {
  readonly accessKeyId: string;
  readonly secret: PreparedSecret;
}

/** More requests than one slice can send, because each nonce is valid for one request. */
const REQUESTS_A_SECOND = 100_000;

async function run(effort: Effort): Promise<Findings> {
  if (!serveOffers("--auth") || !commandOffered("key")) {
    return notOffered("`taskscribe serve --auth strict` and `taskscribe key create`");
  }
  const tasks = await seeded(1_000 * PRODUCTS.length, effort.tell);
  const directory = copyOf(tasks);
  const key = createKey(directory);
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
  const requests = () => signedRequests(ours, tasks, product, key, count);
  const sample = signedRaw(ours, product, tasks.ids(product).at(-1) ?? "", key);
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

let nonces = 0;

function signedRequests(
  ours: Server,
  tasks: Seeded,
  product: ProductName,
  key: Key,
  count: number,
): Requests {
  const ids = tasks.ids(product).slice(-POLLED);
  const records = Array.from({ length: count }, (_, i) =>
    signedRaw(ours, product, ids[i % ids.length] ?? "", key),
  );
  return requestsOf("\x01", records, "cycle", "signed");
}

function signedRaw(ours: Server, product: ProductName, id: string, key: Key): string {
  const { action, version, method, path } = QUESTIONS[product];
  const target = path.replace("\x01", id);
  const headers = signAcs3({
    method,
    url: ours.url + target,
    headers: { "x-acs-action": action, "x-acs-version": version },
    key,
    dateMs: Date.now(),
    nonce: `bench-${process.pid}-${nonces++}`,
  });
  return raw(method, target, Object.entries(headers));
}

/** Makes a copy of the seeded directory, because the keys are stored beside the tasks and all runs use the directory. */
function copyOf(tasks: Seeded): string {
  const copy = emptyDirectory();
  mkdirSync(copy, { recursive: true });
  copyFileSync(join(tasks.directory, "taskscribe.db"), join(copy, "taskscribe.db"));
  return copy;
}

function createKey(directory: string): Key {
  const args = ["key", "create", "--account", ACCOUNT, "--data", directory, "-o", "json"];
  const { accessKeyId, accessKeySecret } = JSON.parse(taskscribe(args)) as Record<string, string>;
  if (!accessKeyId || !accessKeySecret) throw new Error("taskscribe key create printed no key");
  return { accessKeyId, secret: new PreparedSecret(accessKeySecret) };
}
