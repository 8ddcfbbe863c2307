import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import type { Task } from "../core/task.ts";
import type { RowRead } from "../store/store.ts";
import type { SubmitRequest } from "./task-service.ts";

const hold = defineTask({
  type: "hold",
  cancelGraceMs: 5_000,
  steps: { only: async (_, context) => context.sleep(10_000) },
});
const stubborn = defineTask({
  type: "stubborn",
  cancelable: false,
  steps: { only: async (_, context) => context.sleep(10_000) },
});
/** Ignores the abort signal, so that a cancel takes its whole grace. */
const deaf = defineTask({
  type: "deaf",
  cancelGraceMs: 5_000,
  steps: { only: () => new Promise(() => {}) },
});
const chain = defineTask({
  type: "chain",
  retry: { maxAttempts: 1 },
  steps: {
    a: async () => ({ a: 1 }),
    b: async (input, context) => {
      if (input["fail"] && context.outputs["again"] === undefined) throw new Error("no");
      return { b: 2 };
    },
    side: { run: async () => ({ side: 3 }), after: ["a"] },
    c: { run: async (_, { outputs }) => ({ c: Number(outputs["a"]) + 10 }), after: ["b"] },
  },
});
const KEY = { concurrencyKey: "cluster/c-1" };

async function bench() {
  const started = await startEngine([hold, stubborn, deaf, chain]);
  const { engine } = started;
  const submit = async (request: Partial<SubmitRequest> = {}, type = "hold") => {
    const submitted = await engine.submitWithOutcome(
      { type, input: {}, ...KEY, ...request },
      caller,
    );
    await settle();
    return submitted;
  };
  const state = async ({ id }: { id: string }) => (await engine.get(caller.account, id)).state;
  return { ...started, submit, state };
}

describe("when the concurrency key is held", () => {
  it("queue: the task waits in line", async () => {
    const { submit, state } = await bench();
    await submit();
    const { task, outcome } = await submit({ whenBusy: "queue" });
    assert.deepEqual([outcome, await state(task)], ["submitted", "pending"]);
  });

  it("reject: refused, naming the holder", async () => {
    const { submit } = await bench();
    const { task } = await submit();
    await assert.rejects(submit({ whenBusy: "reject" }), {
      code: "ResourceBusy",
      message: new RegExp(task.id),
    });
  });

  it("join: answers with the task that holds the key, and makes none", async () => {
    const { engine, submit } = await bench();
    const first = await submit({ whenBusy: "join" });
    const second = await submit({ whenBusy: "join" });
    assert.deepEqual([first.outcome, second.outcome], ["submitted", "joined"]);
    assert.equal(second.task.id, first.task.id);
    const { tasks } = await engine.list({ account: caller.account, limit: 10 });
    assert.equal(tasks.length, 1);
  });

  it("join: many at once make one task", async () => {
    const { engine } = await bench();
    const request = { type: "hold", input: {}, ...KEY, whenBusy: "join" } as const;
    const submitted = await Promise.all(
      Array.from({ length: 20 }, () => engine.submitWithOutcome(request, caller)),
    );
    assert.equal(new Set(submitted.map(({ task }) => task.id)).size, 1);
    assert.equal(submitted.filter(({ outcome }) => outcome === "submitted").length, 1);
  });

  it("join: a new task once the holder has ended", async () => {
    const { submit, clock } = await bench();
    await submit({ whenBusy: "join" });
    await clock.advance(10_000);
    assert.equal((await submit({ whenBusy: "join" })).outcome, "submitted");
  });

  it("supersede: cancels the holder and those in line, then runs", async () => {
    const { engine, submit, state } = await bench();
    const [holder, waiting] = [await submit(), await submit()];
    const { task } = await submit({ whenBusy: "supersede" });
    assert.equal(await state(holder.task), "canceled");
    assert.equal(await state(waiting.task), "canceled");
    assert.equal(await state(task), "running");
    const { cancel } = await engine.get(caller.account, holder.task.id);
    assert.deepEqual([cancel?.by, cancel?.reason], ["test", `superseded by task ${task.id}`]);
  });

  it("supersede: waits for the end of what it cancels", async () => {
    const { submit, state, clock } = await bench();
    const { task: holder } = await submit({}, "deaf");
    const { task } = await submit({ whenBusy: "supersede" });
    assert.deepEqual([await state(holder), await state(task)], ["canceling", "pending"]);
    await clock.advance(5_000);
    assert.deepEqual([await state(holder), await state(task)], ["canceled", "running"]);
  });

  it("supersede: of many at once the last one is left", async () => {
    const { engine, submit } = await bench();
    await submit();
    const request = { type: "hold", input: {}, ...KEY, whenBusy: "supersede" } as const;
    await Promise.all(Array.from({ length: 5 }, () => engine.submitWithOutcome(request, caller)));
    await settle();
    const { tasks } = await engine.list({ account: caller.account, limit: 10 });
    const [newest, ...others] = tasks.map((task) => task.state);
    assert.equal(newest, "running");
    assert.deepEqual(new Set(others), new Set(["canceled"]));
  });

  it("supersede: goes on after a crash between the two", async () => {
    const { engine, store, submit } = await bench();
    const { task: holder } = await submit();
    // As if the process had died before the cancel: the new task is there, the holder runs.
    const { task } = await engine.submitWithOutcome({ type: "hold", input: {}, ...KEY }, caller);
    const other = await startEngine([hold], { store: await asSuperseding(store, task.id) });
    await settle();
    assert.equal((await other.engine.get(caller.account, holder.id)).state, "canceled");
  });

  it("supersede: refused if the holder can not be canceled", async () => {
    const { submit } = await bench();
    await submit({}, "stubborn");
    await assert.rejects(submit({ whenBusy: "supersede" }), { code: "TaskNotCancelable" });
  });
});

describe("validate only", () => {
  it("answers with the task as it would be, and writes nothing", async () => {
    const { engine, submit } = await bench();
    const { task, outcome } = await submit({ validateOnly: true, token: "t", priority: 7 });
    assert.deepEqual([outcome, task.state, task.priority], ["checked", "pending", 7]);
    assert.deepEqual((await engine.list({ account: caller.account, limit: 9 })).tasks, []);
    assert.equal((await submit({ token: "t", priority: 7 })).outcome, "submitted");
  });

  it("refuses what a submission would refuse", async () => {
    const { submit } = await bench();
    await submit({ token: "t" });
    const check = (request: Partial<SubmitRequest>, type?: string) =>
      submit({ validateOnly: true, ...request }, type);
    await assert.rejects(check({}, "nope"), { code: "TaskTypeNotFound" });
    await assert.rejects(check({ priority: 10 }), { code: "InvalidParameter" });
    await assert.rejects(check({ whenBusy: "reject" }), { code: "ResourceBusy" });
    await assert.rejects(check({ token: "t", priority: 1 }), { code: "TokenMismatch" });
    assert.equal((await check({ token: "t" })).outcome, "repeated");
    assert.equal((await check({ whenBusy: "join" })).outcome, "joined");
  });
});

describe("trying an ended task again", () => {
  const why = { by: "ada", reason: "the disk is back" };

  it("makes a new task that links to the old, which does not change", async () => {
    const { engine, submit, state } = await bench();
    const { task: old } = await submit({ input: { fail: true }, labels: { team: "x" } }, "chain");
    const failed = await engine.get(caller.account, old.id);
    assert.equal(failed.state, "failed");
    const fork = await engine.retry(caller.account, old.id, why);
    assert.deepEqual(fork.forkOf, { taskId: old.id, ...why });
    assert.deepEqual([fork.input, fork.labels], [{ fail: true }, { team: "x" }]);
    assert.equal(fork.concurrencyKey, KEY.concurrencyKey);
    await settle();
    assert.equal(await state(fork), "failed");
    assert.deepEqual(await engine.get(caller.account, old.id), failed);
    const { account } = caller;
    const { tasks } = await engine.list({ account, forkOf: old.id, limit: 9 });
    assert.deepEqual(
      tasks.map(({ id }) => id),
      [fork.id],
    );
  });

  it("takes over the steps before the one asked for, with their outputs", async () => {
    const { engine, submit } = await bench();
    const { task: old } = await submit({}, "chain");
    const { id } = await engine.retry(caller.account, old.id, { ...why, fromStep: "b" });
    await settle();
    const task = await engine.get(caller.account, id);
    assert.equal(task.state, "succeeded");
    assert.deepEqual(
      task.steps.map(({ attempt }) => attempt),
      [0, 1, 0, 1],
    );
    assert.deepEqual(task.outputs, { a: 1, side: 3, b: 2, c: 11 });
  });

  it("refuses what is open, unknown, or stands on nothing", async () => {
    const { engine, submit } = await bench();
    const again = (id: string, fromStep?: string) =>
      engine.retry(caller.account, id, { ...why, ...(fromStep && { fromStep }) });
    const { task: open } = await submit();
    await assert.rejects(again(open.id), { code: "ResourceBusy" });
    await assert.rejects(again("nope"), { code: "TaskNotFound" });
    const { task: old } = await submit({ input: { fail: true }, concurrencyKey: "k" }, "chain");
    await assert.rejects(again(old.id, "x"), { code: "InvalidParameter", message: /no step/ });
    await assert.rejects(again(old.id, "c"), { code: "InvalidParameter", message: /"b"/ });
  });
});

/** The same store, in which the task says that it supersedes. */
async function asSuperseding<T extends { listOpen: (...a: never[]) => unknown }>(
  store: T,
  id: string,
): Promise<T> {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const call = value.bind(target) as (...all: unknown[]) => unknown;
      if (name !== "listOpen") return call;
      const changed = (task: Task) =>
        task.id === id ? { ...task, supersedes: true as const } : task;
      return (after: unknown, limit: unknown, wasRead: RowRead) =>
        call(after, limit, (task: Task, bytes: number) => wasRead(changed(task), bytes));
    },
  });
}

describe("a retry with a token", () => {
  it("makes one fork, after a restart too; another request with the token is refused", async () => {
    const { engine, store, clock } = await bench();
    const old = await engine.submit({ type: "chain", input: { fail: true } }, caller);
    await settle(20);
    const retry = (to: typeof engine, fromStep?: string) =>
      to.retry(caller.account, old.id, {
        by: "ann",
        reason: "r",
        token: "t",
        ...(fromStep && { fromStep }),
      });
    const [one, two] = await Promise.all([retry(engine), retry(engine)]);
    assert.equal(one.id, two.id);
    const again = await startEngine([chain], { store, clock }); // as after a kill
    assert.equal((await retry(again.engine)).id, one.id);
    await assert.rejects(retry(again.engine, "b"), { code: "TokenMismatch" });
    const { tasks } = await store.list({ account: caller.account, forkOf: old.id, limit: 9 });
    assert.deepEqual(
      tasks.map(({ id }) => id),
      [one.id],
    );
  });
});

describe("a thousand submissions with one token", () => {
  it("make one task: alike ones lead to it, others are refused, after a restart too", async () => {
    const { engine, store, clock } = await bench();
    const submit = (to: typeof engine, n: number) =>
      to.submit({ type: "hold", input: { n: n % 2 }, token: "one" }, caller);
    const all = async (to: typeof engine) => {
      const results = await Promise.allSettled(
        Array.from({ length: 500 }, (_, n) => submit(to, n)),
      );
      const ids = new Set<string>();
      for (const result of results) {
        if (result.status === "fulfilled") ids.add(result.value.id);
        else assert.equal(result.reason.code, "TokenMismatch");
      }
      assert.equal(results.filter(({ status }) => status === "fulfilled").length, 250);
      return [...ids];
    };
    const before = await all(engine);
    assert.equal(before.length, 1);
    const again = await startEngine([hold], { store, clock }); // as after a kill
    assert.deepEqual(await all(again.engine), before);
    assert.equal((await again.store.list({ account: caller.account, limit: 9 })).tasks.length, 1);
  });
});
