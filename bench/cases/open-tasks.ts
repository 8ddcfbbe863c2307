// Measures a server that has very many open tasks, by what they wait for and by their number.
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchCase, type Effort, power } from "../case.ts";
import type { Caller } from "../load/caller.ts";
import { type OpenTasks, openTasksCopy, type Wait } from "../load/open-tasks.ts";
import { startWatched, type WatchedServer } from "../load/watched-server.ts";
import { GOALS, verdict } from "../report/goals.ts";
import type { Findings, Table } from "../report/report.ts";
import { percentile } from "../report/stats.ts";

export const openTasksCase: BenchCase = {
  name: "open-tasks",
  title: "By the number of open tasks",
  run,
};

const TITLES: Readonly<Record<Wait, string>> = {
  delayed: "delayed",
  limited: "behind a limit",
  keyed: "behind one key",
  rated: "behind the rates of 10⁴ keys",
};
const WAITS = Object.keys(TITLES) as readonly Wait[];

const CALLS = 200;
const LISTS = 40;
const PAGE = 100;
const READY_WITHIN_MS = 300_000;

/** What was measured of one server; times of calls are medians in ms. */
interface Figures {
  readonly firstAnswerMs: number;
  readonly readyMs: number;
  readonly calls: Readonly<Record<CallName, number>>;
  readonly memoryMb: number;
  readonly worstStartMs: number;
  readonly worstMs: number;
}

const CALL_NAMES = ["submit", "get", "list", "health list", "counts", "why", "cancel"] as const;
type CallName = (typeof CALL_NAMES)[number];

async function run(effort: Effort): Promise<Findings> {
  const sizes = effort.quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000];
  const tables: Table[] = [];
  for (const wait of WAITS) {
    const all: Figures[] = [];
    const measured = sizes.filter((size) => wait !== "rated" || size <= 100_000);
    for (const tasks of measured) {
      effort.tell(`open tasks: ${power(tasks)} ${TITLES[wait]}`);
      all.push(await measure({ wait, tasks, inputBytes: 0 }, effort));
    }
    tables.push(tableOf(TITLES[wait], measured, all));
  }
  return {
    tables,
    notes: [
      `Medians in ms of ${CALLS} calls one after the other, lists of ${PAGE}; in brackets ÷ the same at 10³. \`first\`: from the start of the process to the first answer about a task; \`ready\`: until a new task is taken. \`worst\`: the longest wait of somebody who asks /healthz a hundred times a second, during the start and after it. MB: the most that the process had.`,
    ],
  };
}

/** One row of what can be measured of a directory. */
async function measure(open: OpenTasks, { tell }: Effort): Promise<Figures> {
  const { directory, ids } = await openTasksCopy(open, tell);
  const began = performance.now();
  const server = await startWatched(directory, `/v1/tasks/${ids.at(-1)}`);
  try {
    await ready(server, open);
    const readyMs = performance.now() - began;
    const worstStartMs = await server.worstMs();
    const calls = await callTimes(server.caller, open, ids);
    const worstMs = await server.worstMs();
    const { most: memoryMb } = server.memory();
    return { firstAnswerMs: server.firstAnswerMs, readyMs, calls, memoryMb, worstStartMs, worstMs };
  } finally {
    await server.stop();
  }
}

/** Until all tasks are counted as open and a new one is taken. @throws Error if it takes too long. */
async function ready({ caller }: WatchedServer, { tasks, wait }: OpenTasks): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until) {
    const { body } = await caller.send("GET", "/metrics");
    const open = Number(/^taskscribe_tasks_open (\d+)/m.exec(String(body))?.[1]);
    const { status } = await caller.send("POST", "/v1/tasks", newTask(wait));
    // With rates the first task of each key ends at once.
    if (status === 201 && open >= (wait === "rated" ? tasks - 10_000 : tasks)) return;
    await sleep(100);
  }
  throw new Error(`the server was not ready after ${READY_WITHIN_MS / 1_000} s`);
}

function newTask(wait: Wait): object {
  const keys = { keyed: "one", rated: "key-1" } as Readonly<Record<string, string>>;
  const key = keys[wait];
  return {
    type: wait,
    input: {},
    ...(wait === "delayed" && { delayMs: 30 * 24 * 3_600_000 }),
    ...(key !== undefined && { concurrencyKey: key }),
  };
}

async function callTimes(caller: Caller, { wait }: OpenTasks, ids: readonly string[]) {
  // Spread over all, in an order that has nothing to do with that of the queue.
  const some = Array.from({ length: CALLS }, (_, n) => {
    return ids[Math.floor(((n * 0.618_034) % 1) * ids.length)] ?? "";
  });
  const few = some.slice(0, LISTS);
  const list = `/v1/tasks?limit=${PAGE}&state=pending`;
  const times: Record<CallName, readonly number[]> = {
    submit: await caller.times(some, () => ["POST", "/v1/tasks", newTask(wait)], 201),
    get: await caller.times(some, (id) => ["GET", `/v1/tasks/${id}`]),
    list: await caller.times(few, () => ["GET", list]),
    "health list": await caller.times(few.slice(0, 5), () => [
      "GET",
      `/v1/tasks?limit=${PAGE}&filter=${encodeURIComponent("health:blocked")}`,
    ]),
    counts: await caller.times(few, () => ["GET", "/v1/counts"]),
    why: await caller.times(some, (id) => ["GET", `/v1/tasks/${id}/why`]),
    cancel: await caller.times([...new Set(some)].slice(1, CALLS / 2), (id) => [
      "POST",
      `/v1/tasks/${id}/cancel`,
      {},
    ]),
  };
  return Object.fromEntries(
    CALL_NAMES.map((name) => [name, percentile(times[name], 50)]),
  ) as Record<CallName, number>;
}

function tableOf(title: string, sizes: readonly number[], all: readonly Figures[]): Table {
  const [base] = all;
  return {
    head: [title, "first ms", "ready s", ...CALL_NAMES, "worst ms, start", "worst ms", "MB"],
    rows: all.map((figures, index) => [
      power(sizes[index] ?? 0),
      Math.round(figures.firstAnswerMs).toLocaleString("en-US"),
      (figures.readyMs / 1_000).toFixed(1),
      ...CALL_NAMES.map((name) => grown(name, figures.calls[name], base?.calls[name] ?? 0, index)),
      judged(figures.worstStartMs),
      judged(figures.worstMs),
      Math.round(figures.memoryMb).toLocaleString("en-US"),
    ]),
  };
}

/** A time, and its growth from the first row on. */
function grown(name: CallName, ms: number, base: number, row: number): string {
  const shown = ms.toFixed(2);
  if (row === 0) return shown;
  const ratio = ms / base;
  const goal = name.includes("list") || name === "counts" ? GOALS.listGrowth : GOALS.callGrowth;
  const mark = verdict(ratio, goal) === "missed" ? ", missed" : "";
  return `${shown} (${ratio.toFixed(1)}${mark})`;
}

/** The longest wait of others. */
export function judged(ms: number): string {
  const shown = ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en-US");
  return verdict(ms, GOALS.longestWaitMs) === "missed" ? `${shown}, missed` : shown;
}
