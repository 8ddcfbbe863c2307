// Measures resident memory: idle, under load, and for each open task.
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchCase, CONNECTIONS, type Effort, power } from "../case.ts";
import { slice } from "../load/load.ts";
import { type Memory, processMemory } from "../load/machine.ts";
import { describeRequests } from "../load/questions.ts";
import { emptyDirectory } from "../load/scratch.ts";
import { type Seeded, seeded } from "../load/seed.ts";
import { PRODUCTS } from "../load/seed-tasks.ts";
import { startBare, startOurs } from "../load/servers.ts";
import { startDriver } from "../peers/drivers.ts";
import { GOALS, type Goal } from "../report/goals.ts";
import { type Findings, GOAL_HEAD, goalCells, number } from "../report/report.ts";

export const memoryCase: BenchCase = { name: "memory", title: "Memory", run };

const OPEN = 10_000;

async function run(effort: Effort): Promise<Findings> {
  const few = await seeded(1_000 * PRODUCTS.length, effort.tell);
  const many = await seeded(effort.quick ? 100_000 : 1_000_000, effort.tell);
  const rows: string[][] = [];
  effort.tell("memory: bare");
  const bare = await startBare("bare", { status: 200, headers: [], body: "ok" });
  await settle();
  rows.push(line("bare node:http, idle", processMemory(bare.pid)));
  await bare.stop();
  for (const tasks of [few, many]) rows.push(...(await served(tasks, effort)));
  effort.tell("memory: open tasks");
  const kb = await openTaskKb();
  rows.push([
    `each of ${power(OPEN)} open tasks, heap KB`,
    "",
    number(kb),
    ...goalCells(kb, GOALS.openTaskKb),
  ]);
  return {
    tables: [{ head: ["what", "RSS MB", "anonymous MB", ...GOAL_HEAD], rows }],
    notes: [
      "Anonymous memory leaves out what is mapped from files: the program itself, and pages of the database.",
      `Load: describe (ACK) with ${CONNECTIONS} connections, any stored task at random, so that what is kept at hand fills up.`,
      "An open task here has 500 bytes of input and four steps; it waits for its time. Heap after a full collection.",
    ],
  };
}

async function served(tasks: Seeded, effort: Effort): Promise<string[][]> {
  const size = `${tasks.tasks.toLocaleString("en-US")} stored`;
  effort.tell(`memory: ${size}`);
  const server = await startOurs("taskscribe", tasks.directory);
  try {
    await settle();
    const idle = processMemory(server.pid);
    const requests = describeRequests(tasks, "ack", "any");
    const seconds = effort.quick ? 2 : 8;
    const loading = slice(server, requests, { connections: CONNECTIONS, seconds });
    const seen: Memory[] = [];
    let over = false;
    void loading.finally(() => {
      over = true;
    });
    while (!over) {
      seen.push(processMemory(server.pid));
      await sleep(100);
    }
    await loading;
    const loaded = seen.reduce((most, one) => (one.anonMb > most.anonMb ? one : most));
    return [
      line(`idle, ${size}`, idle, GOALS.idleMb, idle.rssMb),
      line(`under load, ${size}, the most`, loaded, GOALS.loadedMb, loaded.anonMb),
    ];
  } finally {
    await server.stop();
  }
}

function line(what: string, { rssMb, anonMb }: Memory, goal?: Goal, judged = 0): string[] {
  return [what, number(rssMb), number(anonMb), ...goalCells(judged, goal)];
}

function settle(): Promise<void> {
  return sleep(1_500);
}

async function openTaskKb(): Promise<number> {
  const driver = await startDriver("openTasks", { directory: emptyDirectory() }, ["--expose-gc"]);
  try {
    // Half of the tasks are submitted first, so that memory that grows only once does not count.
    const { heapBytes: before } = await driver.measure({ tasks: OPEN, submitters: 64 });
    const { heapBytes: after } = await driver.measure({ tasks: OPEN, submitters: 64 });
    return (after - before) / OPEN / 1_024;
  } finally {
    await driver.stop();
  }
}
