// Measures the time from a change to the client that listens for it.
import { once } from "node:events";
import { get } from "node:http";
import { join } from "node:path";
import type { BenchCase, Effort } from "../case.ts";
import { askChild, startOnLoadCore } from "../load/children.ts";
import type { Hearing, HearingRequest } from "../load/listeners.ts";
import { raw } from "../load/questions.ts";
import { emptyDirectory } from "../load/scratch.ts";
import { ask, type Server, startOurs, startServer } from "../load/servers.ts";
import { notOffered } from "../offered.ts";
import { GOALS } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number, withEnds } from "../report/report.ts";
import { percentile, spread } from "../report/stats.ts";
import { BENCH_CONFIG, submission } from "./submit.ts";

export const eventsCase: BenchCase = {
  name: "events",
  title: "Change → listening client",
  run,
};

const MANY = 1_000;
/** Both servers are measured in turn, so that a slow period of the machine affects both. */
const ROUNDS = 5;

type Asked = Pick<HearingRequest, "prepare" | "listen" | "again" | "change" | "text" | "pauseMs">;

/** A task that only the measured change can move. */
const standing = json("/v1/tasks", {
  type: "four-steps",
  input: {},
  notBefore: "2100-01-01T00:00:00Z",
});
const cancel = json("/v1/tasks/{id}/cancel", { reason: "measured" });
const bare = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;

const WAITS: Asked = {
  prepare: standing,
  listen: bare("/v1/tasks/{id}/wait?timeout=300"),
  again: true,
  change: cancel,
  text: '"met":true',
  pauseMs: 0,
};
const STREAMS: Asked = {
  prepare: standing,
  listen: bare("/v1/events"),
  again: false,
  change: cancel,
  text: "TaskCanceled",
  pauseMs: 0,
};
/** The next task starts while the steps of the last one are still being sent. */
const BUSY_STREAMS: Asked = {
  listen: bare("/v1/events"),
  again: false,
  change: submission("four-steps"),
  text: "TaskSubmitted",
  pauseMs: 20,
};

async function run(effort: Effort): Promise<Findings> {
  const ours = await startOurs("taskscribe", emptyDirectory(), {
    args: ["--config", BENCH_CONFIG],
  });
  const yardstick = await startServer("bare", [
    join(import.meta.dirname, "../load/bare-holder.mjs"),
  ]);
  try {
    if (!(await offered(ours))) return notOffered("`GET /v1/events` with `POST /v1/tasks`");
    const rows: string[][] = [];
    const measure = async (
      name: string,
      servers: readonly Server[],
      asked: Asked,
      count: number,
    ) => {
      effort.tell(`events: ${count} ${name}`);
      const [mine = [], other] = await inTurn(servers, asked, count, effort);
      rows.push(row("taskscribe", name, count, mine, count === MANY));
      if (other) rows.push(row("bare node:http", name, count, other, false));
    };
    await measure("waits", [ours], WAITS, 1);
    await measure("waits", [ours, yardstick], WAITS, MANY);
    await measure("streams", [ours], STREAMS, 1);
    await measure("streams", [ours, yardstick], STREAMS, MANY);
    await measure("streams, tasks going by", [ours], BUSY_STREAMS, MANY);
    return { tables: [{ head: HEAD, rows }], notes: NOTES };
  } finally {
    await Promise.all([ours.stop(), yardstick.stop()]);
  }
}

const HEAD = [
  "",
  "listeners",
  "",
  "half have heard, ms",
  "99 %",
  "the last",
  "the caller has its answer, ms",
  "CPU of the listeners, ms",
  ...GOAL_HEAD,
];

const NOTES = [
  "From sending the change to the moment a listener has the bytes, over all listeners and changes: one commit and the way to the client. *99 %*: of all these moments (issue 5's figure). *The last*: of each change.",
  "*waits*: `GET /v1/tasks/{id}/wait`, ended by a cancel. *streams*: `GET /v1/events`, told of a cancel. *tasks going by*: told of a task of four steps that is submitted, 20 ms after the last one was heard of by all.",
  "*bare node:http*: keeps the same requests and answers them with as many bytes, no task and no commit: what Node, the kernel and the listeners take of it. The server has one core, the listeners the other; they are bare sockets with one buffer, and their CPU time is part of what is measured.",
];

async function inTurn(
  servers: readonly Server[],
  asked: Asked,
  listeners: number,
  { quick }: Effort,
): Promise<Hearing[][]> {
  const changes = quick ? 4 : 20;
  const all = servers.map((): Hearing[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { url }] of servers.entries()) {
      all[i]?.push(await hearing({ url, listeners, changes, ...asked }));
    }
  }
  return all;
}

/** Each measurement has its own process, because memory that it keeps would slow the next one. */
async function hearing(request: HearingRequest): Promise<Hearing> {
  const child = startOnLoadCore(join(import.meta.dirname, "../load/listeners.ts"));
  const exited = once(child, "exit");
  const hearing = await askChild<Hearing>(child, request);
  child.disconnect();
  await exited;
  return hearing;
}

function row(
  server: string,
  kind: string,
  listeners: number,
  hearings: readonly Hearing[],
  isGoal: boolean,
): string[] {
  const changes = hearings.flatMap(({ heard }) => heard);
  const all = changes.flat();
  const p99 = percentile(all, 99);
  return [
    server,
    number(listeners),
    kind,
    number(percentile(all, 50)),
    number(p99),
    withEnds(spread(changes.map((heard) => heard.at(-1) ?? Number.NaN))),
    withEnds(spread(hearings.flatMap(({ answered }) => answered))),
    withEnds(spread(hearings.flatMap(({ cpuMs }) => cpuMs))),
    ...goalCells(p99, isGoal ? GOALS.changeToListenerMs : undefined),
  ];
}

function json(path: string, body: object): string {
  return raw("POST", path, [["content-type", "application/json"]], JSON.stringify(body));
}

async function offered({ url }: Server): Promise<boolean> {
  const { status } = await ask(url, submission("four-steps"));
  if (status >= 300) return false;
  return new Promise((resolve) => {
    const request = get(`${url}/v1/events`, { agent: false }, (response) => {
      const type = response.headers["content-type"] ?? "";
      resolve(response.statusCode === 200 && type.startsWith("text/event-stream"));
      request.destroy();
    });
    request.on("error", () => resolve(false));
  });
}
