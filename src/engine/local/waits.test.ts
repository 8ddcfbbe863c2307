import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../../test/support/engine-bench.ts";
import { FakeClock, settle } from "../../../test/support/fake-clock.ts";
import { moodyStore } from "../../../test/support/moody-store.ts";
import { defineTask } from "../../core/define-task.ts";
import type { StepContext } from "../../core/step-context.ts";
import type { TaskType } from "../../core/task-type.ts";

const CANCEL = { by: "a user", reason: "not needed" };

async function bench(...types: readonly TaskType[]) {
  const { store, mood } = await moodyStore();
  const clock = new FakeClock();
  const { engine } = await startEngine(types, { store, clock });
  const submit = async (type: string) => {
    const { id } = await engine.submit({ type, input: {} }, caller);
    await settle();
    return id;
  };
  const task = (id: string) => engine.get(caller.account, id);
  const children = async (parentId: string) => {
    const { tasks } = await engine.list({ account: caller.account, parentId, limit: 100 });
    return tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };
  return { engine, clock, mood, submit, task, children };
}

const child = (ms: number) =>
  defineTask({
    type: "child",
    cancelGraceMs: 5_000,
    steps: { only: async (_, context) => context.sleep(ms) },
  });

const parent = (
  run: (context: StepContext) => Promise<unknown>,
  more: { timeoutMs?: number } = {},
) =>
  defineTask({
    type: "parent",
    retry: { maxAttempts: 3, firstDelayMs: 1_000, jitter: 0 },
    cancelGraceMs: 5_000,
    steps: {
      only: { ...more, run: async (_, context) => ({ told: (await run(context)) as string }) },
    },
  });

const KEY = { key: "k", type: "child", input: {} };

describe("a subtask whose attempt ran into its time limit (row 16 of issue 15)", () => {
  const told = async ({ subtask, attempt }: StepContext) => {
    const { state } = await subtask(KEY);
    return `${state} for attempt ${attempt}`;
  };

  it("is a new one in the next attempt, because the old one was canceled by its parent", async () => {
    let slow = true;
    const quickAtLast = defineTask({
      type: "child",
      steps: { only: async (_, context) => context.sleep(slow ? 60_000 : 1_000) },
    });
    const { clock, submit, task, children } = await bench(
      quickAtLast,
      parent(told, { timeoutMs: 10_000 }),
    );
    const id = await submit("parent");
    await clock.advance(10_000);
    slow = false;
    await clock.advance(5_000);
    assert.deepEqual((await task(id)).outputs, { told: "succeeded for attempt 2" });
    assert.deepEqual(
      (await children(id)).map(({ state, cancel }) => [state, cancel?.by === id]),
      [
        ["canceled", true],
        ["succeeded", false],
      ],
    );
  });

  it("begins only when the canceled one has come to its end", async () => {
    let running = 0;
    let most = 0;
    const stubborn = defineTask({
      type: "child",
      cancelGraceMs: 60_000,
      steps: {
        only: async (_, { signal, now }) => {
          most = Math.max(most, ++running);
          const began = now();
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          while (now() < began + 12_000) await new Promise((resolve) => setImmediate(resolve));
          running--;
          signal.throwIfAborted();
        },
      },
    });
    const { clock, submit, children } = await bench(stubborn, parent(told, { timeoutMs: 10_000 }));
    const id = await submit("parent");
    for (let i = 0; i < 30; i++) await clock.advance(1_000);
    assert.equal(most, 1);
    assert.ok((await children(id)).length >= 2);
  });

  it("stays canceled if its user canceled it, whatever the attempt", async () => {
    const { engine, clock, submit, task, children } = await bench(
      child(60_000),
      parent(async (context) => {
        const { state } = await context.subtask(KEY);
        if (context.attempt === 1) throw new Error("once more");
        return state;
      }),
    );
    const id = await submit("parent");
    const [only] = await children(id);
    await engine.cancel(caller.account, only?.id ?? "", CANCEL);
    await clock.advance(10_000);
    assert.deepEqual((await task(id)).outputs, { told: "canceled" });
    assert.equal((await children(id)).length, 1);
  });

  it("is canceled though the store was away at that moment, and the next attempt has a new one", async () => {
    const { clock, mood, submit, task, children } = await bench(
      child(13_000),
      parent(told, { timeoutMs: 15_000 }),
    );
    const id = await submit("parent");
    await clock.advance(12_999);
    mood.writes = "refuses"; // the subtask ends, but cannot be recorded before the time limit
    await clock.advance(4_000);
    mood.writes = "well";
    await clock.advance(60_000);
    const { outputs, state } = await task(id);
    assert.deepEqual([state, outputs["told"]], ["succeeded", "succeeded for attempt 2"]);
    for (const { state: ended } of await children(id)) assert.match(ended, /succeeded|canceled/);
  });
});

describe("the same question asked twice at once (row 16 of issue 15)", () => {
  it("gives both the answer", async () => {
    const { engine, submit, task } = await bench(
      parent(async ({ approval }) => {
        const ask = () => approval({ question: "go on?" });
        const answers = await Promise.all([ask(), ask()]);
        return answers.map(({ by }) => by).join(", ");
      }),
    );
    const id = await submit("parent");
    const answer = { step: "only", decision: "approve", by: "ada", reason: "-" } as const;
    await engine.signal(caller.account, id, answer);
    await settle();
    assert.deepEqual((await task(id)).outputs, { told: "ada, ada" });
  });

  it("and the same subtask: both get its end", async () => {
    const { clock, submit, task, children } = await bench(
      child(1_000),
      parent(async ({ subtask }) => {
        const found = await Promise.all([subtask(KEY), subtask(KEY)]);
        return found.map(({ state }) => state).join(", ");
      }),
    );
    const id = await submit("parent");
    await clock.advance(2_000);
    assert.deepEqual((await task(id)).outputs, { told: "succeeded, succeeded" });
    assert.equal((await children(id)).length, 1);
  });
});

describe("a store that is away while a step asks for something (row 16 of issue 15)", () => {
  const later = (ask: (context: StepContext) => Promise<unknown>) =>
    parent(async (context) => {
      await context.sleep(1_000);
      await ask(context);
      return `attempt ${context.attempt}`;
    });

  it("costs no attempt: the subtask begins when the store is back", async () => {
    const { clock, mood, submit, task, children } = await bench(
      child(1_000),
      later(({ subtask }) => subtask(KEY)),
    );
    const id = await submit("parent");
    mood.writes = "refuses";
    await clock.advance(3_000);
    mood.writes = "well";
    await clock.advance(10_000);
    assert.deepEqual((await task(id)).outputs, { told: "attempt 1" });
    assert.equal((await children(id)).length, 1);
  });

  it("costs no attempt: the question is asked when the store is back", async () => {
    const { engine, clock, mood, submit, task } = await bench(
      later(({ approval }) => approval({ question: "go on?" })),
    );
    const id = await submit("parent");
    mood.writes = "refuses";
    await clock.advance(3_000);
    mood.writes = "well";
    await clock.advance(10_000);
    const answer = { step: "only", decision: "approve", by: "ada", reason: "-" } as const;
    await engine.signal(caller.account, id, answer);
    await settle();
    assert.deepEqual((await task(id)).outputs, { told: "attempt 1" });
  });

  it("keeps nobody from canceling: no subtask is left over", async () => {
    const { engine, clock, mood, submit, task, children } = await bench(
      child(60_000),
      later(({ subtask }) => subtask(KEY)),
    );
    const id = await submit("parent");
    mood.writes = "refuses";
    await clock.advance(9_000);
    mood.writes = "well";
    await engine.cancel(caller.account, id, CANCEL);
    await clock.advance(20_000);
    assert.equal((await task(id)).state, "canceled");
    for (const { state } of await children(id)) assert.equal(state, "canceled");
  });
});

describe("a step that asks for something after its end", () => {
  it("starts no subtask that nobody would know of", async () => {
    const refused: unknown[] = [];
    const { clock, submit, task, children } = await bench(
      child(1_000),
      parent(async ({ sleep, subtask }) => {
        const dangling = async () => {
          await sleep(2_000);
          await subtask(KEY);
        };
        dangling().catch((error: unknown) => refused.push(error));
        return "done";
      }),
    );
    const id = await submit("parent");
    await clock.advance(10_000);
    assert.equal((await task(id)).state, "succeeded");
    assert.deepEqual([(await children(id)).length, refused.length], [0, 1]);
  });
});
