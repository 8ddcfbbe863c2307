// Measures what is much at once: subtasks of one step, readers of the whole log, entries that no filter lets through, large
// inputs. What counts is how long everybody else has to wait meanwhile.
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { EntryList, Task } from "../../src/client/types.ts";
import { type BenchCase, type Effort, power } from "../case.ts";
import { answered, type Caller } from "../load/caller.ts";
import { openTasksCopy } from "../load/open-tasks.ts";
import { emptyDirectory } from "../load/scratch.ts";
import { seededCopy } from "../load/seed.ts";
import { startWatched, type WatchedServer } from "../load/watched-server.ts";
import type { Findings } from "../report/report.ts";
import { percentile } from "../report/stats.ts";
import { judged } from "./open-tasks.ts";

export const muchCase: BenchCase = { name: "much", title: "Much at once", run };

const GIVE_UP_MS = 300_000;
const LARGE_BYTES = 250_000;
/** What the large tasks have to do with, in MB. */
const HEAP_MB = 512;

type Row = readonly [what: string, took: string, worst: string, memory: string];

async function run(effort: Effort): Promise<Findings> {
  const few = effort.quick;
  const rows: Row[] = [];
  const add = async (what: string, measured: () => Promise<Row>) => {
    effort.tell(what);
    rows.push(await measured().catch((error: unknown): Row => [what, failed(error), "missed", ""]));
  };
  for (const children of few ? [500, 1_000] : [1_000, 10_000]) {
    const what = `${children.toLocaleString("en-US")} subtasks of one step`;
    await add(what, () => subtasks(what, children));
  }
  const tasks = few ? 10_000 : 100_000;
  const readings = [
    { readers: 1, log: tasks },
    { readers: few ? 100 : 1_000, log: 1_000 },
  ];
  for (const { readers, log } of readings) {
    const what = `${readers.toLocaleString("en-US")} readers of the log of ${power(log)} tasks`;
    await add(what, () => readersOf(what, log, readers, effort));
  }
  const what = `a filter that fits nothing, over the log of ${power(tasks)} tasks`;
  await add(what, () => filtered(what, tasks, effort));
  const large = few ? 1_000 : 5_000;
  const many = `${large.toLocaleString("en-US")} open tasks with inputs of 250 KB, heap of ${HEAP_MB} MB`;
  await add(many, () => largeTasks(many, large, effort));
  return {
    tables: [{ head: ["", "took", "worst ms", "MB"], rows }],
    notes: [
      "`worst`: the longest wait of somebody who asks /healthz a hundred times a second meanwhile. MB: the most that the process had. The log of a stored task has about five entries.",
    ],
  };
}

function failed(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function subtasks(what: string, children: number): Promise<Row> {
  const server = await startWatched(emptyDirectory(), "/v1/types");
  try {
    const { caller } = server;
    const { body } = await caller.send<Task>("POST", "/v1/tasks", {
      type: "parent",
      input: { children },
    });
    const began = performance.now();
    const gets: number[] = [];
    for (;;) {
      const { ms, body: task } = await caller.send<Task>("GET", `/v1/tasks/${body.id}`);
      gets.push(ms);
      if (task.state === "succeeded") break;
      if (task.endedAt !== undefined) throw new Error(`${task.state}: ${task.error?.message}`);
      if (performance.now() - began > GIVE_UP_MS) throw new Error("not ended after 5 min");
      await sleep(50);
    }
    const took = `${seconds(began)}; GET ${percentile(gets, 50).toFixed(1)} ms, at most ${Math.round(Math.max(...gets))}`;
    return await row(what, took, server);
  } finally {
    await server.stop();
  }
}

async function readersOf(what: string, tasks: number, readers: number, effort: Effort) {
  const server = await startWatched(await seededCopy(tasks, effort.tell), "/v1/types");
  try {
    const last = await lastCursor(server.caller);
    const began = performance.now();
    const all = Array.from({ length: readers }, () =>
      readTo(`${server.url}/v1/events?after=0`, `id: ${last}`),
    );
    const bytes = (await Promise.all(all)).reduce((sum, one) => sum + one, 0);
    const took = `${seconds(began)}; ${Math.round(bytes / 2 ** 20).toLocaleString("en-US")} MB`;
    return await row(what, took, server);
  } finally {
    await server.stop();
  }
}

async function filtered(what: string, tasks: number, effort: Effort): Promise<Row> {
  const server = await startWatched(await seededCopy(tasks, effort.tell), "/v1/types");
  try {
    const filter = encodeURIComponent("label.fits=yes");
    const began = performance.now();
    const stream = readTo(`${server.url}/v1/events?after=0&filter=${filter}`, '"fits":"yes"');
    const fitting = { type: "delayed", input: {}, labels: { fits: "yes" } };
    // Live entries come behind the whole log, so the first one that comes says that all of it was read.
    await server.caller.send("POST", "/v1/tasks", fitting);
    await stream;
    return await row(what, seconds(began), server);
  } finally {
    await server.stop();
  }
}

async function largeTasks(what: string, tasks: number, effort: Effort): Promise<Row> {
  const open = { wait: "delayed", tasks, inputBytes: LARGE_BYTES } as const;
  const { directory, ids } = await openTasksCopy(open, effort.tell);
  const flags = [`--max-old-space-size=${HEAP_MB}`];
  const server = await startWatched(directory, `/v1/tasks/${ids.at(-1)}`, flags);
  try {
    const { caller } = server;
    const gets = await caller.times(ids.slice(0, 200), (id) => ["GET", `/v1/tasks/${id}`]);
    const lists = await caller.times([1, 2, 3, 4, 5], () => ["GET", "/v1/tasks?limit=1000"]);
    const submits = await caller.times(
      Array.from({ length: 100 }),
      () => [
        "POST",
        "/v1/tasks",
        { type: "delayed", input: { data: "x".repeat(LARGE_BYTES) }, delayMs: 9e9 },
      ],
      201,
    );
    const [get = 0, list = 0, submit = 0] = [gets, lists, submits].map((all) =>
      percentile(all, 50),
    );
    const took = `first answer ${Math.round(server.firstAnswerMs)} ms; get ${get.toFixed(1)}, list ${list.toFixed(1)}, submit ${submit.toFixed(1)} ms`;
    return await row(what, took, server);
  } finally {
    await server.stop();
  }
}

async function row(what: string, took: string, server: WatchedServer): Promise<Row> {
  if (!server.isAlive()) throw new Error("the process died");
  const worst = judged(await server.worstMs());
  return [what, took, worst, Math.round(server.memory().most).toLocaleString("en-US")];
}

/** The end of the log: the cursor behind the first event of a new task, which comes last. */
async function lastCursor(caller: Caller): Promise<string> {
  const { body } = await caller.send<Task>("POST", "/v1/tasks", {
    type: "delayed",
    input: {},
    delayMs: 9e9,
  });
  const { body: log } = await caller.send<EntryList>("GET", `/v1/tasks/${body.id}/events`);
  const [first] = log.entries;
  if (first === undefined) throw new Error("a new task has no log");
  return first.cursor;
}

/** Reads a stream until this text has come. @returns how many bytes came */
async function readTo(url: string, mark: string): Promise<number> {
  const sent = get(url, { agent: false });
  const response = await answered(sent);
  response.setEncoding("latin1");
  let bytes = 0;
  let end = "";
  for await (const chunk of response as AsyncIterable<string>) {
    bytes += chunk.length;
    const whole = end + chunk;
    if (whole.includes(mark)) break;
    end = whole.slice(-mark.length);
  }
  sent.destroy();
  return bytes;
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`;
}
