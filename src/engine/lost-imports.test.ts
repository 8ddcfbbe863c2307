import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { moodyStore } from "../../test/support/moody-store.ts";
import { defineTask } from "../core/define-task.ts";
import type { TaskEvent } from "../core/events.ts";

const { account } = caller;
const KEY = "disk-1";

/** Row 10 of the issue: an import whose answer was lost was listed as open, never ran, and could not be canceled. */
describe("an import whose answer the store lost", () => {
  const ran: string[] = [];
  const type = defineTask({
    type: "copy",
    cancelGraceMs: 0,
    steps: {
      only: async (_, context) => {
        ran.push(context.taskId);
        await context.sleep(10_000);
      },
    },
  });

  /** A server with nothing on it, and the log of a task that is open elsewhere. */
  async function bench() {
    ran.length = 0;
    const away = await startEngine([type]);
    const open = await away.engine.submit({ type: "copy", input: {}, concurrencyKey: KEY }, caller);
    const log: TaskEvent[] = [];
    for (const { events } of await away.engine.events({ taskId: open.id, after: 0, limit: 100 })) {
      log.push(...events);
    }
    ran.length = 0;
    const { store, mood } = await moodyStore();
    const clock = new FakeClock();
    const { engine } = await startEngine([type], { store, clock });
    const take = () => engine.importTask(log, caller, { resume: true });
    const only = async () => (await engine.list({ account, limit: 10 })).tasks[0];
    return { engine, mood, clock, take, only, store };
  }

  it("runs at once, if the log can be asked", async () => {
    const { mood, take, only, clock } = await bench();
    mood.writes = "loses-answers";
    const taken = take();
    await settle(5);
    mood.writes = "well";
    assert.equal((await taken).state, "running");
    assert.deepEqual(ran, [(await only())?.id]);
    await clock.advance(11_000);
    assert.equal((await only())?.state, "succeeded");
  });

  it("runs as soon as the log can be asked, and can be canceled", async () => {
    const { engine, mood, take, clock, only } = await bench();
    Object.assign(mood, { writes: "loses-answers", reads: "fail" });
    await assert.rejects(take(), { code: "StoreUnavailable" });
    Object.assign(mood, { writes: "well", reads: "well" });
    await clock.advance(10_000);
    const task = await only();
    assert.deepEqual([task?.state, ran], ["running", [task?.id]]);
    await assert.rejects(take(), { code: "ResourceExists" });
    await engine.cancel(account, task?.id ?? "", { by: "a", reason: "b" });
    await clock.advance(1_000);
    assert.equal((await only())?.state, "canceled");
    const next = await engine.submit({ type: "copy", input: {}, concurrencyKey: KEY }, caller);
    assert.equal(next.state, "running");
  });

  it("is not there, if it was not written, and can be sent again", async () => {
    const { mood, take, only, store } = await bench();
    mood.writes = "refuses";
    await assert.rejects(take(), { code: "StoreUnavailable" });
    mood.writes = "well";
    assert.equal(await only(), undefined);
    assert.deepEqual(await store.tasksWithKey(account, KEY), []);
    assert.equal((await take()).state, "running");
  });
});
