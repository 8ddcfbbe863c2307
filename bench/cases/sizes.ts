// Measures describe with few and with many stored tasks.
import { type BenchCase, CONNECTIONS, type Effort, power, sizesOf } from "../case.ts";
import { describeRequests, POLLED, typicalAnswer } from "../load/questions.ts";
import { type Seeded, seeded } from "../load/seed.ts";
import { type Server, startBare, startOurs } from "../load/servers.ts";
import { type Contestant, compare, figure, ratio, worstDisturbance } from "../report/compare.ts";
import { GOALS, type Goal } from "../report/goals.ts";
import {
  type Findings,
  GOAL_HEAD,
  goalCells,
  number,
  type Table,
  withEnds,
} from "../report/report.ts";
import { disturbance } from "./describe.ts";

export const sizesCase: BenchCase = {
  name: "sizes",
  title: "Describe (ACK) by the number of stored tasks",
  run,
};

interface Sized {
  readonly tasks: Seeded;
  readonly server: Server;
}

const PATTERNS = [
  { which: "polled", title: `${POLLED.toLocaleString("en-US")} tasks polled in turn` },
  { which: "any", title: "any stored task, at random" },
] as const;

async function run(effort: Effort): Promise<Findings> {
  const sizes: Sized[] = [];
  const servers: Server[] = [];
  try {
    for (const size of sizesOf(effort)) {
      const tasks = await seeded(size, effort.tell);
      const server = await startOurs(`${size} tasks`, tasks.directory);
      servers.push(server);
      sizes.push({ tasks, server });
    }
    const [first] = sizes;
    if (first === undefined) throw new Error("no sizes to measure");
    const bare = await startBare("bare", await typicalAnswer(first.server, first.tasks, "ack"));
    servers.push(bare);
    return await measure(sizes, bare, effort);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function measure(sizes: readonly Sized[], bare: Server, effort: Effort): Promise<Findings> {
  const tables: Table[] = [];
  let disturbed = 0;
  for (const { which, title } of PATTERNS) {
    effort.tell(`describe by size: ${title}`);
    const [first] = sizes;
    if (first === undefined) break;
    const contestants: Contestant[] = [
      { server: bare, requests: describeRequests(first.tasks, "ack", "polled") },
      ...sizes.map(({ tasks, server }) => ({
        server,
        requests: describeRequests(tasks, "ack", which),
      })),
    ];
    const { rounds, seconds } = effort;
    const all = await compare(contestants, { rounds, seconds, connections: CONNECTIONS });
    disturbed = Math.max(disturbed, worstDisturbance(all));
    const [base, ...measured] = all;
    tables.push({
      head: [title, "req/s", "÷ bare", "÷ at 10³", ...GOAL_HEAD, "p99 µs", "CPU µs"],
      rows: measured.map((slices, index) => {
        const size = sizes[index]?.tasks.tasks ?? 0;
        const relative = ratio(slices, measured[0], (slice) => slice.perSecond);
        return [
          power(size),
          withEnds(figure(slices, (slice) => slice.perSecond)),
          withEnds(ratio(slices, base, (slice) => slice.perSecond)),
          withEnds(relative),
          ...goalCells(relative.median, goalOf(size)),
          number(figure(slices, (slice) => slice.p99Us).median),
          number(figure(slices, (slice) => slice.cpuUs).median),
        ];
      }),
    });
  }
  return {
    tables,
    notes: [
      "A quarter of the stored tasks is ACK's. Polled tasks are at hand after the first question; at random, nearly every question reads its row from the database and renders it.",
      "At 10³ all stored tasks fit into what the engine keeps at hand, so the random pattern compares reading with not reading.",
      disturbance(disturbed),
    ],
  };
}

function goalOf(size: number): Goal | undefined {
  if (size === 1_000_000) return GOALS.describeAtMillion;
  return size === 10_000_000 ? GOALS.describeAtTenMillion : undefined;
}
