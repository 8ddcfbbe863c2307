// Measures lists with filters, newest first, by the number of stored tasks: over HTTP, and the time of the store alone.
import type { TaskQuery } from "../../src/store/store.ts";
import { type BenchCase, type Effort, power, sizesOf } from "../case.ts";
import { built } from "../load/built.ts";
import { type Requests, requestsOf } from "../load/load.ts";
import { raw } from "../load/questions.ts";
import { type Seeded, seeded } from "../load/seed.ts";
import { ACCOUNT, clusterId, clustersFor } from "../load/seed-tasks.ts";
import { type Server, startOurs } from "../load/servers.ts";
import { answers } from "../offered.ts";
import { type Contestant, compare, figure, worstDisturbance } from "../report/compare.ts";
import { GOALS } from "../report/goals.ts";
import {
  type Findings,
  GOAL_HEAD,
  goalCells,
  number,
  type Table,
  withEnds,
} from "../report/report.ts";
import { pairedRatios, percentile, spread } from "../report/stats.ts";
import { disturbance } from "./describe.ts";

const PAGE = 20;

export const listCase: BenchCase = {
  name: "list",
  title: `Lists with filters, newest ${PAGE}, by the number of stored tasks`,
  run,
};

async function run(effort: Effort): Promise<Findings> {
  const sizes: Seeded[] = [];
  for (const size of sizesOf(effort)) sizes.push(await seeded(size, effort.tell));
  const store = await storeTimes(sizes, effort);
  const http = await overHttp(sizes, effort);
  return { tables: [store, ...http.tables], notes: http.notes };
}

export interface List {
  /** For bench/profile.ts. */
  readonly name: string;
  readonly what: string;
  /** A raw request with \1 for an ACK cluster. */
  readonly template: string;
}

export const LISTS: readonly List[] = [
  {
    name: "list-ack",
    what: "ACK DescribeClusterTasks, cluster + state",
    template: raw("GET", `/clusters/\x01/tasks?state=success&max_results=${PAGE}`, [
      ["x-acs-action", "DescribeClusterTasks"],
      ["x-acs-version", "2015-12-15"],
    ]),
  },
  {
    name: "list-bdrc",
    what: "BDRC DescribeTasks, status + type",
    template: raw(
      "GET",
      `/api/v1/tasks?TaskStatus=COMPLETE&TaskType=CHECK_RULES&MaxResults=${PAGE}`,
      [
        ["x-acs-action", "DescribeTasks"],
        ["x-acs-version", "2023-08-08"],
        ["x-bench-cluster", "\x01"],
      ],
    ),
  },
  {
    name: "list-native",
    what: "native /v1/tasks, product + state",
    template: raw("GET", `/v1/tasks?product=ack&state=succeeded&limit=${PAGE}`, [
      ["x-bench-cluster", "\x01"],
    ]),
  },
];

async function overHttp(sizes: readonly Seeded[], effort: Effort): Promise<Findings> {
  const servers: Server[] = [];
  const tables: Table[] = [];
  const notes: string[] = [];
  let disturbed = 0;
  try {
    for (const { directory, tasks } of sizes) {
      servers.push(await startOurs(`${tasks} tasks`, directory));
    }
    for (const { what, template } of LISTS) {
      const [first] = servers;
      const sample = template.replace("\x01", clusterId(0));
      if (first === undefined || !(await answers(first.url, sample))) {
        notes.push(`Not offered yet: ${what}.`);
        continue;
      }
      effort.tell(`list: ${what}`);
      const contestants = servers.map((server, index): Contestant => {
        return { server, requests: listRequests(template, sizes[index]?.tasks ?? 0) };
      });
      const { rounds, seconds } = effort;
      const all = await compare(contestants, { rounds, seconds, connections: 1 });
      disturbed = Math.max(disturbed, worstDisturbance(all));
      tables.push(httpTable(what, sizes, all));
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  return { tables, notes: [...notes, "Over HTTP: one connection.", disturbance(disturbed)] };
}

/** Lists the tasks of one cluster after the other. */
export function listRequests(template: string, tasks: number): Requests {
  const ids = Array.from({ length: clustersFor(tasks) }, (_, n) => clusterId(n));
  return requestsOf(template, ids);
}

function httpTable(
  what: string,
  sizes: readonly Seeded[],
  all: Awaited<ReturnType<typeof compare>>,
): Table {
  return {
    head: [what, "p50 ms", ...GOAL_HEAD, "p99 ms", "req/s", "CPU µs"],
    rows: all.map((slices, index) => {
      const size = sizes[index]?.tasks ?? 0;
      const p50 = figure(slices, (slice) => slice.p50Us / 1_000);
      return [
        power(size),
        withEnds(p50),
        ...goalCells(p50.median, size === 1_000_000 ? GOALS.listHttpMs : undefined),
        withEnds(figure(slices, (slice) => slice.p99Us / 1_000)),
        withEnds(figure(slices, (slice) => slice.perSecond)),
        number(figure(slices, (slice) => slice.cpuUs).median),
      ];
    }),
  };
}

const CALLS = 300;

async function storeTimes(sizes: readonly Seeded[], effort: Effort): Promise<Table> {
  const { openSqliteStore } = await built("store/sqlite/sqlite-store.js");
  const stores = await Promise.all(sizes.map(({ directory }) => openSqliteStore(directory)));
  const p50: number[][] = sizes.map(() => []);
  const p99: number[][] = sizes.map(() => []);
  try {
    for (let round = -1; round < effort.rounds; round++) {
      effort.tell(`list: the store, round ${round + 1} of ${effort.rounds}`);
      for (const [index, store] of stores.entries()) {
        const clusters = clustersFor(sizes[index]?.tasks ?? 0);
        const took: number[] = [];
        for (let call = 0; call < CALLS; call++) {
          const from = performance.now();
          const { tasks } = await store.list(query(call % clusters));
          took.push((performance.now() - from) * 1_000);
          if (tasks.length !== PAGE) throw new Error(`a page of ${tasks.length}, wanted ${PAGE}`);
        }
        if (round >= 0) {
          p50[index]?.push(percentile(took, 50));
          p99[index]?.push(percentile(took, 99));
        }
      }
    }
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
  return {
    head: ["store, cluster + state", "p50 µs", "p99 µs", "÷ at 10³", ...GOAL_HEAD],
    rows: sizes.map(({ tasks }, index) => {
      const relative = spread(pairedRatios(p50[index] ?? [], p50[0] ?? []));
      return [
        power(tasks),
        withEnds(spread(p50[index] ?? [])),
        withEnds(spread(p99[index] ?? [])),
        withEnds(relative),
        ...goalCells(relative.median, tasks === 1_000_000 ? GOALS.listAtMillion : undefined),
      ];
    }),
  };
}

function query(cluster: number): TaskQuery {
  return {
    account: ACCOUNT,
    product: "ack",
    targetId: clusterId(cluster),
    states: ["succeeded"],
    limit: PAGE,
  };
}
