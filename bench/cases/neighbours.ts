// Measures what an account notices of another one that asks for a hundred times its share.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchCase, CONNECTIONS, type Effort } from "../case.ts";
import { askChild, startOnLoadCore } from "../load/children.ts";
import { background, type Requests, requestsOf, type Told } from "../load/load.ts";
import { emptyDirectory } from "../load/scratch.ts";
import { seeded } from "../load/seed.ts";
import { ACCOUNT, PRODUCTS } from "../load/seed-tasks.ts";
import { type Server, startOurs } from "../load/servers.ts";
import {
  copyForKeys,
  createKey,
  type Key,
  repeatableDescribes,
  signed,
} from "../load/signed-requests.ts";
import { Steady, type Stretch } from "../load/steady.ts";
import type { TaskOrder, TaskTimes } from "../load/task-caller.ts";
import { commandOffered, notOffered, serveOffers } from "../offered.ts";
import { GOALS } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report/report.ts";
import { atSameSpeed } from "../report/same-speed.ts";
import { pairedRatios, percentile, spread } from "../report/stats.ts";

export const neighboursCase: BenchCase = {
  name: "neighbours",
  title: "An account beside one that asks for 100 × its share, `--auth strict`",
  run,
};

const CONFIG = join(import.meta.dirname, "../load/neighbours.config.mjs");
/** In the configuration it has 50 calls a second, 5 of each change, and 8 tasks that run. */
const LOUD = "2000000000000002";
/** An account without limits, but for that of its running tasks. */
const BUSY = "3000000000000003";
/** In the configuration it has 5 streams. */
const LISTENER = "4000000000000004";
const LOUD_CONNECTIONS = 512;
/** So many requests are signed in advance; a refused one may be sent again, because it uses no nonce up. */
const LOUD_REQUESTS = 20_000;
/** More than are answered in one round, because none is refused. */
const BUSY_REQUESTS = 80_000;
const SETTLE_MS = 700;
/** The refusals of the first moment are over, and the answers to all connections are kept back, in ms. */
const PACED_MS = 3_500;
/** The slowest of a hundred requests is steadier over this time than over one second. */
const SECONDS = 3;
/** 200 times what may run at once. */
const QUEUED = 1_600;
const AT_ONCE = 8;

interface Loud {
  readonly name: string;
  /** New ones for each round: what was let in is not let in again. Undefined: nobody calls. */
  readonly requests: (() => Requests) | undefined;
  /** Whether it has a share that is smaller than what it asks for. */
  readonly isLimited: boolean;
}

/** The account that is disturbed, with requests that it sends again and again. */
interface Quiet {
  readonly server: Server;
  readonly steady: Steady;
  readonly requests: readonly string[];
}

/** The keys of the accounts that disturb. */
interface LoudKeys {
  readonly loud: Key;
  readonly listener: Key;
  readonly busy: Key;
}

async function run(effort: Effort): Promise<Findings> {
  if (!serveOffers("--auth") || !commandOffered("key")) {
    return notOffered("`taskscribe serve --auth strict` and `taskscribe key create`");
  }
  const tasks = await seeded(1_000 * PRODUCTS.length, effort.tell);
  const directory = copyForKeys(tasks);
  const quiet = createKey(directory, ACCOUNT);
  const keys = {
    loud: createKey(directory, LOUD),
    listener: createKey(directory, LISTENER),
    busy: createKey(directory, BUSY),
  };
  const ours = await startOurs("taskscribe", directory, {
    args: ["--auth", "strict", "--config", CONFIG],
  });
  const steady = new Steady();
  const requests = repeatableDescribes(ours, tasks, "ack", quiet);
  const rows: string[][] = [];
  try {
    for (const load of loudLoads(ours, keys)) {
      effort.tell(`neighbours: ${load.name}`);
      rows.push(await measure({ server: ours, steady, requests }, load, effort));
    }
  } finally {
    steady.stop();
    await ours.stop();
  }
  return {
    tables: [
      { head: HEAD, rows },
      { head: TASK_HEAD, rows: [await measureTasks(effort)] },
    ],
    notes: NOTES,
  };
}

const HEAD = [
  ...["the other account", "is let in, /s", "is refused, /s"],
  ...["describe req/s alone", "beside it", "ratio at the same speed", ...GOAL_HEAD],
  ...["p99 alone, ms", "beside it", "ratio", ...GOAL_HEAD],
];
const TASK_HEAD = [
  ...["the other account", "tasks/s alone", "beside it", "ratio", ...GOAL_HEAD],
  ...["p99 alone, ms", "beside it", "ratio", ...GOAL_HEAD],
];

const NOTES = [
  `Signed describes of one account over ${CONNECTIONS} connections, as many as the server answers and without nonces (those of millions of requests would be remembered, and cleaning up after them would be most of what is measured), alone and beside another account that keeps ${LOUD_CONNECTIONS} connections busy: each asks again as soon as it has its answer. The other one's share is 50 calls a second, of them 5 submissions; that of the one that opens streams 5 streams. Its load begins ${PACED_MS / 1_000} s earlier, because all connections come at one moment.`,
  "*ratio at the same speed*: cores of a virtual machine are now fast and now slow, by half. So the same small work is done on the server's core forty times a second, and only quarters of a second in which it took the same time (± 5 %) are compared; in brackets the middle half of them. *nobody* is the measure of the measuring.",
  "*p99*: of the times that the caller saw in each stretch; the ratio is that of stretches one after the other.",
  "*without a limit*: nothing limits the other account, so the time of the process is divided between the two.",
  "*tasks*: submitted with the client and waited for, 8 at once, alone and while another account has 200 times as many tasks in line as it may run at once; both share the 16 places of the type.",
  "The loads share one core, so what the other account's load takes of it is part of what is measured.",
];

function loudLoads(server: Server, keys: LoudKeys): readonly Loud[] {
  const load = (name: string, request: () => string, count = LOUD_REQUESTS): Loud => ({
    name,
    requests: () => requestsOf("\x01", Array.from({ length: count }, request), "cycle", "loud"),
    isLimited: count === LOUD_REQUESTS,
  });
  const { loud, listener, busy } = keys;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "short", input: {} });
  const submit = { method: "POST", target: "/v1/tasks", headers, body };
  const list = { method: "GET", target: "/v1/tasks?limit=1", headers: {} };
  const listen = { method: "GET", target: "/v1/events", headers: {} };
  return [
    { name: "nobody", requests: undefined, isLimited: false },
    load("lists its tasks", () => signed(server, loud, list)),
    load("the same, each on a new connection", () =>
      signed(server, loud, { ...list, more: [["connection", "close"]] }),
    ),
    load("submits", () => signed(server, loud, submit)),
    load("opens streams", () => signed(server, listener, listen)),
    load("sends wrong signatures", () =>
      signed(server, loud, list).replace(/Signature=./, "Signature=g"),
    ),
    load("lists, without a limit", () => signed(server, busy, list), BUSY_REQUESTS),
  ];
}

/** What the quiet account reaches alone and beside the load, in turns. */
async function measure(
  { server, steady, requests }: Quiet,
  loud: Loud,
  { rounds, quick }: Effort,
): Promise<string[]> {
  const seconds = quick ? 1 : SECONDS;
  const call = () => steady.call({ url: server.url, requests, connections: CONNECTIONS, seconds });
  const alone: Stretch[] = [];
  const beside: Stretch[] = [];
  const told: Told[] = [];
  for (let round = -1; round < rounds; round++) {
    const first = await call();
    const loudEnds = await begin(server, loud, seconds);
    const second = await call();
    const loudTold = await loudEnds();
    await sleep(SETTLE_MS);
    if (round < 0) continue;
    alone.push(first);
    beside.push(second);
    told.push(loudTold);
  }
  const quarters = (all: readonly Stretch[]) => all.flatMap((stretch) => stretch.quarters);
  const perSecond = atSameSpeed(quarters(beside), quarters(alone));
  const isMeasured = loud.isLimited && perSecond !== undefined;
  const p99s = (all: readonly Stretch[]) => all.map(({ p99Us }) => p99Us / 1_000);
  const p99 = spread(pairedRatios(p99s(beside), p99s(alone)));
  const rates = (all: readonly Stretch[]) => spread(quarters(all).map((one) => one.perSecond));
  return [
    loud.name,
    number(spread(told.map((one) => one.perSecond - one.refusedPerSecond)).median),
    number(spread(told.map((one) => one.refusedPerSecond)).median),
    number(rates(alone).median),
    number(rates(beside).median),
    perSecond === undefined ? "too restless to tell" : withEnds(perSecond),
    ...goalCells(perSecond?.median ?? 0, isMeasured ? GOALS.besideNeighbour : undefined),
    withEnds(spread(p99s(alone))),
    withEnds(spread(p99s(beside))),
    withEnds(p99),
    ...goalCells(p99.median, loud.isLimited ? GOALS.besideNeighbourP99 : undefined),
  ];
}

/** Lets the load begin, and waits until it has its steady pace. Returns what waits for its end. */
async function begin(server: Server, loud: Loud, seconds: number): Promise<() => Promise<Told>> {
  if (loud.requests === undefined) {
    await sleep(SETTLE_MS);
    return async () => ({ perSecond: 0, refusedPerSecond: 0 });
  }
  const ended = background(server, loud.requests(), {
    connections: LOUD_CONNECTIONS,
    seconds: Math.ceil(PACED_MS / 1_000 + seconds + 1),
  });
  await sleep(PACED_MS);
  return ended;
}

/** Tasks from their submission to the news of their end, alone and while another account has many in line. */
async function measureTasks({ rounds, seconds, tell }: Effort): Promise<string[]> {
  const directory = emptyDirectory();
  const quiet = createKey(directory, ACCOUNT);
  const busy = createKey(directory, BUSY);
  const server = await startOurs("taskscribe", directory, {
    args: ["--auth", "strict", "--config", CONFIG],
  });
  const child = startOnLoadCore(join(import.meta.dirname, "../load/task-caller.ts"));
  const carryOut = async (key: Key, work: TaskOrder["work"]) => {
    const { accessKeyId, accessKeySecret } = key;
    const order: TaskOrder = { url: server.url, accessKeyId, accessKeySecret, work };
    return (await askChild<TaskTimes>(child, order)).ms;
  };
  const own = { kind: "run", atOnce: AT_ONCE, seconds } as const;
  const alone: (readonly number[])[] = [];
  const beside: (readonly number[])[] = [];
  try {
    for (let round = -1; round < rounds; round++) {
      tell(`neighbours: tasks, round ${round + 1} of ${rounds}`);
      const first = await carryOut(quiet, own);
      await carryOut(busy, { kind: "queue", count: QUEUED });
      const second = await carryOut(quiet, own);
      await carryOut(busy, { kind: "clear" });
      if (round < 0) continue;
      alone.push(first);
      beside.push(second);
    }
  } finally {
    child.disconnect();
    await server.stop();
  }
  return taskRow(alone, beside, seconds);
}

function taskRow(
  alone: readonly (readonly number[])[],
  beside: readonly (readonly number[])[],
  seconds: number,
): string[] {
  const rates = (all: readonly (readonly number[])[]) => all.map(({ length }) => length / seconds);
  const p99s = (all: readonly (readonly number[])[]) => all.map((ms) => percentile(ms, 99));
  const perSecond = spread(pairedRatios(rates(beside), rates(alone)));
  const p99 = spread(pairedRatios(p99s(beside), p99s(alone)));
  return [
    "tasks in line",
    withEnds(spread(rates(alone))),
    withEnds(spread(rates(beside))),
    withEnds(perSecond),
    ...goalCells(perSecond.median, GOALS.besideNeighbour),
    number(spread(p99s(alone)).median),
    number(spread(p99s(beside)).median),
    withEnds(p99),
    ...goalCells(p99.median, GOALS.besideNeighbourP99),
  ];
}
