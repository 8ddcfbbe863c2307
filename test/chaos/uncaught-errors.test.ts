import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../support/server-process.ts";
import { ChaosBench } from "./chaos-bench.ts";

// Steps throw uncaught errors in a real process. The step fails, and the process and other tasks continue.

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly steps: readonly { attempt: number; error?: { code: string; message: string } }[];
}

const bench = new ChaosBench("uncaught-errors.config.ts");
let server: ServerProcess;
let bystander: Shown;

before(async () => {
  server = await bench.start();
  bystander = await call("/v1/tasks", { type: "good", input: {} });
});
after(() => bench.end());

async function call(path: string, body?: object): Promise<Shown> {
  const init = { method: "POST", headers: { "content-type": "application/json" } };
  const given = body === undefined ? {} : { ...init, body: JSON.stringify(body) };
  const response = await fetch(server.url + path, given);
  const text = await response.text();
  assert.ok(response.ok, text);
  return JSON.parse(text);
}

const submit = (type: string) => call("/v1/tasks", { type, input: {} });
const ended = async ({ id }: Shown) => {
  for (;;) {
    await call(`/v1/tasks/${id}/wait?timeout=30`);
    const task = await call(`/v1/tasks/${id}`);
    if (!["pending", "running", "canceling"].includes(task.state)) return task;
  }
};

const FAILING: Readonly<Record<string, RegExp>> = {
  "rejected-promise": /nobody awaits this/,
  timer: /nobody catches this/,
  tick: /nobody catches this/,
  exit: /a step called process\.exit/,
  "late-exit": /a step called process\.exit/,
};

describe("steps that harm their process", () => {
  for (const [type, words] of Object.entries(FAILING)) {
    test(`${type}: its attempt fails, and is tried again`, async () => {
      const { state, steps } = await ended(await submit(type));
      assert.equal(state, "failed");
      assert.equal(steps[0]?.attempt, 2);
      assert.match(steps[0]?.error?.message ?? "", words);
    });
  }

  test("an error after the end of its attempt is logged, and changes nothing", async () => {
    const { id, state } = await ended(await submit("late-timer"));
    assert.equal(state, "succeeded");
    while (!server.errors().includes(id)) await sleep(20);
    assert.match(server.errors(), /"message":"nobody catches this".*a step threw an error/);
    assert.equal((await call(`/v1/tasks/${id}`)).state, "succeeded");
  });

  for (const type of ["abort-listener", "floating-sleep"]) {
    test(`${type}: a cancel ends it`, async () => {
      const task = await submit(type);
      await call(`/v1/tasks/${task.id}/cancel`, { reason: "chance" });
      assert.match((await ended(task)).state, /canceled|succeeded/);
    });
  }

  test("during all of this, the process and another task continued", async () => {
    const { state, steps } = await ended(bystander);
    assert.deepEqual([state, steps[0]?.attempt], ["succeeded", 1]);
    assert.equal(await server.end("SIGTERM"), 0);
  });
});
