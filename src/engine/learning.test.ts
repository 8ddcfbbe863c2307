import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { following, submission } from "../../test/contracts/store-contract.ts";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import type { Task } from "../core/task.ts";
import { LocalExecutor } from "./local/local-executor.ts";

const { account } = caller;
const quick = defineTask({ type: "quick", steps: { work: async () => ({}) } });
const hold = defineTask({ type: "hold", steps: { work: (_, { sleep }) => sleep(60_000) } });
const cancel = { type: "CancelTask", by: "ann", reason: "-" } as const;

async function bench() {
  const started = await startEngine([quick, hold]);
  const told: string[] = [];
  started.engine.onCommit((task, events) => {
    for (const { type } of events) told.push(`${task.id} ${type}`);
  });
  /** As another process would write it: past the engine. */
  const elsewhere = async (task: Task) => {
    const at = started.clock.now();
    const append = following(task, { ...cancel, at, deadline: at });
    assert.equal((await started.store.append(append)).outcome, "appended");
    return append.task;
  };
  const submitElsewhere = async (type: string) => {
    const { store } = started;
    const append = submission({ account, product: "native", type });
    assert.equal((await store.append(append)).outcome, "appended");
    return append.task;
  };
  return { ...started, told, elsewhere, submitElsewhere };
}

describe("an engine learns from the log what other processes appended", () => {
  it("a task that runs here is stopped when it was canceled there, and each listener hears of it once", async () => {
    const { engine, told, elsewhere } = await bench();
    const { id } = await engine.submit({ type: "hold", input: {} }, caller);
    await settle();
    const before = await engine.lastPosition();
    await elsewhere(await engine.get(account, id));
    const position = await engine.learnFrom(before);
    assert.equal(position, await engine.lastPosition());
    await settle(20);
    assert.equal((await engine.get(account, id)).state, "canceled");
    await engine.learnFrom(0);
    assert.equal(told.filter((one) => one === `${id} CancelRequested`).length, 1);
    assert.equal(told.filter((one) => one === `${id} TaskEnded`).length <= 1, true);
  });

  it("a task that was submitted there is run here, once", async () => {
    const { engine, submitElsewhere, told } = await bench();
    const { id } = await submitElsewhere("quick");
    await engine.learnFrom(0);
    await settle(20);
    assert.equal((await engine.get(account, id)).state, "succeeded");
    await engine.learnFrom(0);
    await settle(20);
    assert.equal(told.filter((one) => one === `${id} StepStarted`).length, 1);
  });

  it("its own appends it knows already", async () => {
    const { engine, told } = await bench();
    await engine.submit({ type: "quick", input: {} }, caller);
    const { id } = await engine.submit({ type: "hold", input: {} }, caller);
    await settle(20);
    const before = [...told];
    await engine.learnFrom(0);
    await settle(20);
    assert.deepEqual(told, before);
    assert.equal((await engine.get(account, id)).state, "running");
  });
});

describe("an executor that has to ask elsewhere", () => {
  /** Answers everything later, as one on another machine does. */
  const remote = (answer: () => Promise<boolean | undefined>) =>
    startEngine([hold], {
      executor: (host) => {
        const local = new LocalExecutor(host);
        return {
          adopt: (task) => local.adopt(task),
          reserve: async (task) => (await answer()) ?? local.reserve(task),
          release: (task) => local.release(task),
          committed: (task, events) => local.committed(task, events),
          observe: async (task) => local.observe(task),
          load: (silentAfterMs) => local.load(silentAfterMs),
          stop: (drainMs) => local.stop(drainMs),
        };
      },
    });

  it("may wait before it reserves: the task starts in the append that submits it", async () => {
    const { engine } = await remote(async () => undefined);
    const task = await engine.submit({ type: "hold", input: {} }, caller);
    assert.equal(task.state, "running");
    const [first] = await engine.events({ account, taskId: task.id, after: 0, limit: 1 });
    assert.equal(
      first?.events.some(({ type }) => type === "StepStarted"),
      true,
    );
  });

  it("that refuses or fails lets the task wait its turn", async () => {
    for (const answer of [async () => false, () => Promise.reject(new Error("away"))]) {
      const { engine } = await remote(answer);
      const { id, state } = await engine.submit({ type: "hold", input: {} }, caller);
      assert.equal(state, "pending");
      await settle(20);
      assert.equal((await engine.get(account, id)).state, "running");
    }
  });

  it("is asked by a diagnosis, and not by what must not wait", async () => {
    const { engine } = await remote(async () => undefined);
    const task = await engine.submit({ type: "hold", input: {} }, caller);
    const { health } = await engine.diagnose(account, task.id);
    assert.equal(health, engine.health(task).health);
  });
});
