import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../../test/support/properties.ts";
import { draft, taskSubmitted } from "../../../../test/support/task-spec.ts";
import { defineTask } from "../../../core/define-task.ts";
import { fold } from "../../../core/evolve.ts";
import type { Task, TaskDraft } from "../../../core/task.ts";
import type { TaskTypeDefinition } from "../../../core/task-type.ts";
import { RunQueue, type RunQueueOptions } from "./run-queue.ts";

let made = 0;

function task(account: string, overrides: Partial<TaskDraft> = {}): Task {
  made += 1;
  return fold([taskSubmitted(0, draft({ id: `t-${made}`, account, ...overrides }))]);
}

function queueOf(
  options: Partial<RunQueueOptions> & { readonly limits?: Partial<TaskTypeDefinition> } = {},
): RunQueue {
  const { limits = {}, ...others } = options;
  const type = defineTask({ type: "any", steps: { only: async () => {} }, ...limits });
  return new RunQueue({
    maxRunning: 1,
    typeOf: () => type,
    now: () => 0,
    ageingMs: 60_000,
    ...others,
  });
}

/** The accounts whose tasks start, one after another, each ending before the next. */
function order(line: RunQueue, starts: number): readonly string[] {
  return Array.from({ length: starts }, () => {
    const next = line.next();
    if (next !== undefined) line.leave(next);
    return next?.account ?? "";
  });
}

function fill(line: RunQueue, account: string, count: number, overrides?: Partial<TaskDraft>) {
  for (let i = 0; i < count; i++) line.join(task(account, overrides));
}

describe("row 20: accounts within one limit", () => {
  it("given 200 tasks of one account, when another submits one, then it starts next", () => {
    const line = queueOf();
    fill(line, "greedy", 200);
    assert.deepEqual(order(line, 2), ["greedy", "greedy"]);
    fill(line, "victim", 1);
    assert.deepEqual(order(line, 3), ["victim", "greedy", "greedy"]);
  });

  it("given an account whose first task started, when another submits its first, then it is next", () => {
    const line = queueOf({ maxRunning: 9 });
    fill(line, "a", 3);
    const parent = line.next();
    assert.ok(parent);
    fill(line, "b", 1);
    assert.equal(line.next()?.account, "b");
    const subtasks = queueOf({ maxRunning: 9 });
    const asked = { parent: { taskId: parent.id, step: "only" } };
    fill(subtasks, "a", 3, asked);
    subtasks.next();
    fill(subtasks, "b", 1, asked);
    assert.equal(subtasks.next()?.account, "b");
  });

  it("given a type's limit, then accounts take turns behind it as well", () => {
    const line = queueOf({ maxRunning: 100, limits: { maxRunning: 2 } });
    fill(line, "a", 50);
    const running = [line.next(), line.next()];
    assert.equal(line.next(), undefined);
    fill(line, "b", 3);
    for (const one of running) line.leave(one as Task);
    assert.deepEqual(order(line, 4), ["b", "a", "b", "a"]);
  });

  it("given a rate of starts, then accounts take turns", () => {
    let now = 0;
    const startRate = { starts: 1, perMs: 1_000 };
    const line = queueOf({ maxRunning: 100, limits: { startRate }, now: () => now });
    fill(line, "a", 20);
    const started = [line.next()?.account];
    assert.equal(line.next(), undefined);
    fill(line, "b", 20);
    for (let i = 0; i < 3; i++) {
      now += 1_000;
      started.push(line.next()?.account);
    }
    assert.deepEqual(started, ["a", "b", "a", "b"]);
  });

  it("given a higher priority in one account, then it counts within this account only", () => {
    const line = queueOf();
    fill(line, "loud", 5, { priority: 9 });
    fill(line, "quiet", 2, { priority: 0 });
    assert.deepEqual(order(line, 4), ["loud", "quiet", "loud", "quiet"]);
  });

  it("given any accounts with work, then each starts within as many starts as there are accounts", () => {
    const works = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(works, fc.integer({ min: 1, max: 4 }), (counts, maxRunning) => {
        const line = queueOf({ maxRunning });
        for (const [i, count] of counts.entries()) fill(line, `account-${i}`, count);
        const started = startAll(line, maxRunning);
        for (const [i, count] of counts.entries()) {
          const at = started.flatMap((account, n) => (account === `account-${i}` ? [n] : []));
          assert.equal(at.length, count);
          const gaps = at.map((n, k) => n - (at[k - 1] ?? -1));
          assert.ok(Math.max(0, ...gaps) <= counts.length, `account-${i} waits for ${gaps}`);
        }
      }),
    );
  });
});

/** The accounts of all starts, where the oldest task ends as soon as all slots are taken. */
function startAll(line: RunQueue, maxRunning: number): readonly string[] {
  const running: Task[] = [];
  const started: string[] = [];
  for (;;) {
    const first = running.length >= maxRunning ? running.shift() : undefined;
    if (first !== undefined) line.leave(first);
    const next = line.next();
    if (next === undefined) return started;
    running.push(next);
    started.push(next.account);
  }
}

describe("row 20: the limit of one account", () => {
  it("given maxRunningPerAccount of a type, then each account runs so many, and why says it", () => {
    const line = queueOf({ maxRunning: 100, limits: { maxRunningPerAccount: 2 } });
    fill(line, "a", 5);
    fill(line, "b", 1);
    const started = [line.next(), line.next(), line.next()].map((one) => one?.account).sort();
    assert.deepEqual(started, ["a", "a", "b"]);
    assert.equal(line.next(), undefined);
    const held = task("a");
    line.join(held);
    assert.deepEqual(line.standing(held).ofAccount, { running: 2, limit: 2 });
    assert.equal(line.standing(task("b")).ofAccount, undefined);
  });

  it("given a limit over all types, when a task of the account ends, then its next starts", () => {
    const line = queueOf({
      maxRunning: 100,
      runningLimit: (account) => (account === "a" ? 1 : undefined),
    });
    fill(line, "a", 2);
    fill(line, "b", 2);
    const running = [line.next(), line.next(), line.next()] as Task[];
    assert.equal(line.next(), undefined);
    assert.deepEqual(running.map(({ account }) => account).sort(), ["a", "b", "b"]);
    const ofA = running.find(({ account }) => account === "a") as Task;
    assert.equal(line.takeIfFree(task("a")), false);
    line.leave(ofA);
    assert.equal(line.next()?.account, "a");
  });
});
