import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../support/server-process.ts";
import { ChaosBench } from "./chaos-bench.ts";
import { checkHistory } from "./history.ts";

// Kills the server at random while tasks do all that tasks can do: retry, wait for each other, for people and for a time, are
// paused, canceled and undone, and have subtasks.

const ROUNDS = 8;
const CLIENTS = 12;
const TYPES = ["plain", "keyed", "asking", "parent", "undone", "limited", "rated"] as const;

interface Shown {
  readonly id: string;
  readonly state: string;
}

const bench = new ChaosBench("features.config.ts");
after(() => bench.end());

const pick = <T>(from: readonly T[]): T | undefined =>
  from[Math.floor(Math.random() * from.length)];

/** Undefined if there was no answer, or a refusal. */
async function call<T>(server: ServerProcess, path: string, body?: object): Promise<T | undefined> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  try {
    const response = await fetch(server.url + path, body === undefined ? {} : init);
    const text = await response.text();
    assert.ok(response.status < 500, text);
    return response.ok ? JSON.parse(text) : undefined;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return undefined; // killed
  }
}

async function client(server: ServerProcess): Promise<void> {
  const own: string[] = [];
  while (server.child.exitCode === null && server.child.signalCode === null) {
    const type = pick(TYPES);
    const task = await call<Shown>(server, "/v1/tasks", {
      type,
      input: {},
      clientToken: crypto.randomUUID(),
      ...(type === "keyed" && { concurrencyKey: pick(["a", "b"]) }),
      ...(Math.random() < 0.2 && { delayMs: 300 }),
    });
    if (task !== undefined) {
      bench.answered.add(task.id);
      own.push(task.id);
    }
    const id = pick(own);
    const verb = pick(["pause", "resume", "resume", "cancel", "signal", "why"]);
    if (id === undefined || verb === undefined) continue;
    const more = verb === "signal" ? { step: "two", decision: pick(["approve", "reject"]) } : {};
    await call(
      server,
      `/v1/tasks/${id}/${verb}`,
      verb === "why" ? undefined : { reason: "x", ...more },
    );
  }
}

async function openTasks(server: ServerProcess): Promise<readonly Shown[]> {
  const filter = encodeURIComponent("state:pending,running,paused,canceling");
  const page = await call<{ tasks: Shown[] }>(server, `/v1/tasks?limit=1000&filter=${filter}`);
  return page?.tasks ?? [];
}

/** Resumes and approves until everything has ended. */
async function help(server: ServerProcess): Promise<void> {
  for (;;) {
    const open = await openTasks(server);
    if (open.length === 0) return;
    for (const { id, state } of open) {
      if (state === "paused") await call(server, `/v1/tasks/${id}/resume`, { reason: "the end" });
      const verdict = { step: "two", decision: "approve", reason: "the end" };
      await call(server, `/v1/tasks/${id}/signal`, verdict);
    }
    await sleep(200);
  }
}

test(`${ROUNDS} kills while tasks do all that they can`, async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const server = await bench.start();
    const clients = Array.from({ length: CLIENTS }, () => client(server));
    await sleep(300 + Math.random() * 700);
    await server.end("SIGKILL");
    await Promise.all(clients);
  }
  const server = await bench.start();
  assert.deepEqual(await bench.missing(server), [], "every answered task is known");
  await help(server);
  assert.equal(await server.end("SIGTERM"), 0);
  const { tasks, attempts, lost, repeated } = await checkHistory(bench.data, {
    ...bench,
    mixed: true,
  });
  assert.deepEqual([lost, repeated], [0, 0]);
  t.diagnostic(`${tasks} tasks, ${attempts} attempts`);
});
