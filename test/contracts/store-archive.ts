import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Task } from "../../src/core/task.ts";
import type { Append, Store } from "../../src/store/store.ts";
import { ACCOUNT, following, type OpenedStore, submission, withStore } from "./store-contract.ts";

const AT = 1_700_000_000_000;
const OTHER = "2000000000000002";

/** The promises of the port about the archive, as each adapter must keep them. */
export function describeArchive(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: the archive`, () => {
    it("keeps a task readable by id, with its whole log, for its account alone", () =>
      withStore(open, async (store) => {
        const task = await succeed(store);
        const query = { account: ACCOUNT, taskId: task.id, after: 0, limit: 100 };
        const log = await store.readEvents(query);
        const moved = { taskId: task.id, account: ACCOUNT, isSubtask: false };
        assert.deepEqual(await store.archive([task.id]), [moved]);
        assert.deepEqual(await store.read(ACCOUNT, task.id), task);
        assert.deepEqual(await store.readEvents(query), log);
        const [first, ...rest] = log;
        const later = { ...query, after: first?.position ?? 0 };
        assert.deepEqual(await store.readEvents(later), rest);
        assert.deepEqual(await store.readEvents({ ...later, limit: 1 }), rest.slice(0, 1));
        assert.equal(await store.read(OTHER, task.id), undefined);
        assert.deepEqual(await store.readEvents({ ...query, account: OTHER }), []);
      }));

    it("takes it out of lists, counts and the log of all tasks", () =>
      withStore(open, async (store) => {
        const task = await succeed(store);
        const stays = await succeed(store);
        await store.archive([task.id]);
        const { tasks } = await store.list({ account: ACCOUNT, limit: 10 });
        assert.deepEqual(tasks, [stays]);
        const [count, ...others] = await store.counts(ACCOUNT);
        assert.deepEqual([count?.count, others], [1, []]);
        const log = await store.readEvents({ after: 0, limit: 100 });
        assert.deepEqual([...new Set(log.map(({ taskId }) => taskId))], [stays.id]);
      }));

    it("takes only what has ended, and each once", () =>
      withStore(open, async (store) => {
        const task = await succeed(store);
        const running = submission();
        await store.append(running);
        const moved = { taskId: task.id, account: ACCOUNT, isSubtask: false };
        assert.deepEqual(await store.archive([running.taskId, "nope", task.id]), [moved]);
        assert.deepEqual(await store.archive([running.taskId, "nope", task.id]), []);
        assert.deepEqual(await store.read(ACCOUNT, running.taskId), running.task);
      }));

    it("takes a task once, however many ask for it at the same time", () =>
      withStore(open, async (store) => {
        const { id } = await succeed(store);
        const moved = await Promise.all([1, 2, 3].map(() => store.archive([id])));
        assert.deepEqual(moved.map(({ length }) => length).toSorted(), [0, 0, 1]);
        assert.equal((await store.read(ACCOUNT, id))?.id, id);
      }));

    it("leaves a task either in the database or in the archive, whoever looks while it is moved", () =>
      withStore(open, async (store) => {
        const tasks: Task[] = [];
        for (let i = 0; i < 20; i++) tasks.push(await succeed(store));
        const archived = store.archive(tasks.map(({ id }) => id));
        let over = false;
        void archived.then(() => {
          over = true;
        });
        do {
          for (const task of tasks) {
            const found = await store.read(ACCOUNT, task.id);
            const log = await store.readEvents({ taskId: task.id, after: 0, limit: 9 });
            assert.deepEqual([found?.version, log.length], [task.version, 3]);
          }
          await new Promise((resolve) => setImmediate(resolve));
        } while (!over);
        assert.equal((await archived).length, 20);
      }));

    it("gives its id and its token to nobody else", () =>
      withStore(open, async (store) => {
        const token = { scope: "s", token: "t", fingerprint: "f" };
        const task = await succeed(store, { token });
        await store.archive([task.id]);
        assert.deepEqual(await store.findToken(ACCOUNT, "s", "t"), {
          taskId: task.id,
          fingerprint: "f",
        });
        assert.deepEqual(await store.append(submission({}, { token })), {
          outcome: "token-taken",
          taskId: task.id,
          fingerprint: "f",
        });
        const { outcome } = await store.append(submission({ id: task.id }));
        assert.equal(outcome, "version-conflict");
      }));

    it("lists what ended in a state before a moment, the longest ended first", () =>
      withStore(open, async (store) => {
        const [late, early, recent] = [
          await succeed(store, {}, AT + 500),
          await succeed(store, {}, AT + 100),
          await succeed(store, {}, AT + 900),
        ];
        assert.deepEqual(await store.listEnded("succeeded", AT + 900, 10), [early.id, late.id]);
        assert.deepEqual(await store.listEnded("succeeded", AT + 901, 2), [early.id, late.id]);
        assert.deepEqual(await store.listEnded("failed", AT + 901, 10), []);
        await store.archive([early.id]);
        assert.deepEqual(await store.listEnded("succeeded", AT + 901, 9), [late.id, recent.id]);
      }));

    it("is there after the store was opened again, and positions are not given out twice", async (t) => {
      const { store, reopen } = await open();
      const task = await succeed(store);
      const log = await store.readEvents({ taskId: task.id, after: 0, limit: 9 });
      await store.archive([task.id]);
      await store.close();
      if (reopen === undefined) return t.skip("nothing outlives a close");
      const again = await reopen();
      try {
        assert.deepEqual(await again.read(ACCOUNT, task.id), task);
        const result = await again.append(submission());
        assert.ok(result.outcome === "appended");
        assert.ok(result.position > (log.at(-1)?.position ?? 0));
        await again.archive([(await succeed(again)).id]);
        assert.deepEqual(await again.read(ACCOUNT, task.id), task);
      } finally {
        await again.close();
      }
    });
  });
}

/** A task that succeeded at `at`; its log has three appends. */
async function succeed(store: Store, extra: Partial<Append> = {}, at = AT + 4): Promise<Task> {
  const submitted = submission({}, extra);
  const started = following(submitted.task, { type: "StartTask", at: AT + 1 });
  const complete = { type: "CompleteStep", at, step: "work", attempt: 1 } as const;
  const done = following(started.task, complete);
  for (const append of [submitted, started, done]) {
    assert.equal((await store.append(append)).outcome, "appended");
  }
  return done.task;
}
