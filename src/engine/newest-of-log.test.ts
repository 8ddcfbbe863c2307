import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { caller, startEngine } from "../../test/support/engine-bench.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { defineTask } from "../core/define-task.ts";
import { type Committer, InlineCommitter } from "../store/sqlite/committer.ts";
import { createMemory, openMemory } from "../store/sqlite/sqlite-store.ts";
import { WriteSession } from "../store/sqlite/write-session.ts";

/** Commits at once, and tells of it late: what a reader sees in between, this process was not told of. */
async function lateStore() {
  const memory = await createMemory();
  const inner = new InlineCommitter(new WriteSession(() => memory.db));
  let told: Promise<void> | undefined;
  const committer: Committer = {
    commit: async (batch) => {
      const reply = await inner.commit(batch);
      await told;
      return reply;
    },
    close: () => inner.close(),
  };
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    told = promise;
    return () => {
      told = undefined;
      resolve();
    };
  };
  return { memory, hold, store: openMemory(memory, {}, committer) };
}

const TYPE = defineTask({
  type: "wait",
  steps: { wait: async (_, { sleep }) => void (await sleep(1_000_000)) },
});
const { account } = caller;

describe("suspicion: entries of the log are newer than the next get", () => {
  it("is refuted: who was shown an entry gets the task with it, or a later one", async () => {
    const { store, hold } = await lateStore();
    const { engine, clock } = await startEngine([TYPE], { store });
    const { id } = await engine.submit({ type: "wait", input: {} }, caller);
    await settle();
    for (const query of [{ account, taskId: id }, { account }, {}]) {
      const release = hold();
      const control = { by: "me", reason: "to see" };
      const { state } = await engine.get(account, id);
      const changed =
        state === "paused"
          ? engine.resume(account, id, control)
          : engine.pause(account, id, control);
      await settle();
      const entries = await engine.events({ ...query, after: 0, limit: 100 });
      const last = entries.at(-1);
      const version = (last?.firstVersion ?? 0) + (last?.events.length ?? 0) - 1;
      const shown = await engine.get(account, id);
      assert.ok(shown.version >= version, `${shown.version} after an entry of ${version}`);
      assert.equal(engine.peek(account, id)?.version, shown.version);
      release();
      const after = await changed;
      assert.ok(after.version >= version);
    }
    const stopped = engine.stop(0);
    await clock.advance(60 * 60_000);
    await stopped;
  });

  it("is refuted for the end of a task, and after a restart", async () => {
    const { memory, store, hold } = await lateStore();
    const { engine } = await startEngine([TYPE], { store });
    const { id } = await engine.submit({ type: "wait", input: {}, delayMs: 1_000_000 }, caller);
    await settle();
    const release = hold();
    const canceled = engine.cancel(account, id, { by: "me", reason: "to see" });
    await settle();
    const entries = await engine.events({ account, after: 0, limit: 100 });
    assert.equal(entries.at(-1)?.events.at(-1)?.type, "TaskCanceled");
    assert.equal((await engine.get(account, id)).state, "canceled");
    release();
    await canceled;
    const again = await startEngine([TYPE], { store: openMemory(memory) });
    assert.equal((await again.engine.get(account, id)).state, "canceled");
    await again.engine.stop(0);
  });
});
